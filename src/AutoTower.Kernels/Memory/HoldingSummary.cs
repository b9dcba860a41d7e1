namespace AutoTower.Kernels.Memory;

/// <summary>Groups what is held by who asked, and says it in a message.</summary>
internal static class HoldingSummary
{
    private const int HoldersInMessage = 5;

    internal static IReadOnlyList<MemoryHolding> Group(IEnumerable<(string Name, long Bytes)> entries) =>
        [.. entries.GroupBy(entry => entry.Name)
            .Select(group => new MemoryHolding(group.Key, group.Count(), group.Sum(entry => entry.Bytes)))
            .OrderByDescending(holding => holding.Bytes).ThenBy(holding => holding.Name, StringComparer.Ordinal)];

    /// <summary>The biggest holders: "weights 1.0 GiB, gradients 512.0 MiB in 4 pieces", or "nothing".</summary>
    internal static string Describe(IReadOnlyList<MemoryHolding> holdings) => holdings.Count == 0
        ? "nothing"
        : string.Join(", ", holdings.Take(HoldersInMessage).Select(holding =>
            $"{holding.Name} {ByteSize.Format(holding.Bytes)}{(holding.Count == 1 ? "" : $" in {holding.Count} pieces")}"));
}
