using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

/// <summary>The rows of a table that an entity has in a field.</summary>
internal static class FieldRows
{
    private static readonly int[] s_missing = [0];

    /// <summary>One for single values, the first or row 0 where only the first counts, else all.</summary>
    public static ReadOnlySpan<int> Of(FieldLookup field, int id)
    {
        if (field.Offsets.IsAbsent)
        {
            return field.Values.AsSpan().Slice(id, 1);
        }

        var offsets = field.Offsets.AsSpan();
        var all = field.Values.AsSpan()[offsets[id]..offsets[id + 1]];
        return (field.FirstOnly, all.IsEmpty) switch
        {
            (true, true) => s_missing,
            (true, false) => all[..1],
            _ => all,
        };
    }
}
