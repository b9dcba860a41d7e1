using AutoTower.Autograd.Devices;

namespace AutoTower.Search.Training.Measures;

/// <summary>Judges a candidate by the vectors that its towers give; the towers meet only here.</summary>
public interface IFitnessMeasure : IDisposable
{
    /// <summary>What the user tower is evaluated on.</summary>
    EvaluationBatches Users { get; }

    /// <summary>What the item tower is evaluated on.</summary>
    EvaluationBatches Items { get; }

    /// <summary>The value; lower is better. Waits for the device.</summary>
    /// <param name="users">(rows of <see cref="Users"/>, O).</param>
    /// <param name="items">(rows of <see cref="Items"/>, O).</param>
    double Value(Matrix users, Matrix items);
}
