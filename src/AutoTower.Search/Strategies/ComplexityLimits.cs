using AutoTower.Search.Cost;
using AutoTower.Search.Space;

namespace AutoTower.Search.Strategies;

/// <summary>Upper bounds on parameters and FLOPs of a candidate, in total or per tower; null where there is none (paper, section 3.3.3).</summary>
public sealed record ComplexityLimits
{
    /// <summary>Most parameters in total.</summary>
    public double? MaxParameters { get; init; }

    /// <summary>Most FLOPs (multiply-accumulates / 2) in total.</summary>
    public double? MaxFlops { get; init; }

    /// <summary>Most parameters of the user tower.</summary>
    public double? MaxUserParameters { get; init; }

    /// <summary>Most FLOPs of the user tower.</summary>
    public double? MaxUserFlops { get; init; }

    /// <summary>Most parameters of the item tower.</summary>
    public double? MaxItemParameters { get; init; }

    /// <summary>Most FLOPs of the item tower.</summary>
    public double? MaxItemFlops { get; init; }

    /// <summary>True when every bound is kept.</summary>
    public bool Allows(ModelCost cost)
    {
        ArgumentNullException.ThrowIfNull(cost);
        return Within(cost.Total, MaxParameters, MaxFlops)
            && Within(cost.User.Total, MaxUserParameters, MaxUserFlops)
            && Within(cost.Item.Total, MaxItemParameters, MaxItemFlops);
    }

    private static bool Within(Complexity complexity, double? parameters, double? flops) =>
        !(complexity.Parameters > parameters) && !(complexity.Flops > flops);
}
