using AutoTower.Autograd.Random;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;

namespace AutoTower.Search.Benchmarks.Growth;

/// <summary>What of supernet training runs in kernels of whole towers and histories; the rest runs operation by operation.</summary>
/// <param name="Towers">Share of random paths whose towers and loss do.</param>
/// <param name="Poolings">Poolings that do.</param>
/// <param name="OtherPoolings">Poolings that do not.</param>
public sealed record FusedWork(double Towers, IReadOnlyList<string> Poolings, IReadOnlyList<string> OtherPoolings)
{
    private const int Paths = 100;

    /// <summary>Asks the model.</summary>
    /// <param name="model">A supernet.</param>
    public static FusedWork Of(TwoTowerModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var random = new CounterRandom(1, RandomStream.ArchitectureSampling);
        var fused = Enumerable.Range(0, Paths).Count(_ => model.Fused(model.Space.Sample(random)) is not null);
        var poolings = model.Space.Poolings.ToLookup(model.PoolsInOneLaunch, pooling => pooling.Name);
        return new FusedWork(fused / (double)Paths, [.. poolings[true]], [.. poolings[false]]);
    }

    /// <summary>In a few words: all, none, or which.</summary>
    public override string ToString() => (Towers, Poolings.Count, OtherPoolings.Count) switch
    {
        (1, _, 0) => "all",
        (0, 0, _) => "none",
        (_, 0, _) => TowersText,
        (0, _, _) => PoolingsText,
        _ => $"{TowersText}; {PoolingsText}",
    };

    private string TowersText => Towers == 1 ? "towers" : $"towers of {Towers:P0} of the paths";

    private string PoolingsText => OtherPoolings.Count == 0 ? "poolings" : $"poolings but {string.Join(", ", OtherPoolings)}";
}
