using AutoTower.Search.Space;

namespace AutoTower.Bench.Supernet;

/// <summary>A supernet that trains one path a step, in one engine or another.</summary>
internal interface ISupernet : IDisposable
{
    /// <summary>Takes one training step on a path.</summary>
    void Step(Architecture path);

    /// <summary>The loss of the last step.</summary>
    float ReadLoss();

    /// <summary>What the engine's own layers of a path hold and compute for one example, without embedding tables.</summary>
    Complexity CostOf(Architecture path);
}
