using AutoTower.Autograd.Parameters;

namespace AutoTower.Autograd.Optimisers;

/// <summary>Which embedding tables are updated by row instead of whole, and how much of what a row misses is made up for.</summary>
/// <param name="FewestRows">Tables of so many rows or more are updated by row.</param>
/// <param name="Replayed">
/// R: most missed updates that a row replays (<see cref="Devices.Kernels.RowTable"/>); <see cref="int.MaxValue"/> for all, which gives the
/// results of the dense update.
/// </param>
public sealed record LazyUpdates(int FewestRows = 1 << 16, int Replayed = 256)
{
    /// <summary>Whether <paramref name="parameter"/> is updated by row.</summary>
    public bool Includes(Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return parameter.IsTable && parameter.Rows >= FewestRows;
    }
}
