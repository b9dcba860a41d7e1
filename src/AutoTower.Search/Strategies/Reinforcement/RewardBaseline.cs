using AutoTower.Search.Checkpoints;

namespace AutoTower.Search.Strategies.Reinforcement;

/// <summary>
/// The moving baseline of REINFORCE, with a moving variance beside it: rewards of any fitness become advantages of about unit size, which
/// makes one learning rate and one entropy weight fit all of them.
/// </summary>
internal sealed class RewardBaseline(double decay) : ICheckpointed
{
    private const double LargestAdvantage = 5;
    private double _mean = double.NaN;
    private double _variance;

    /// <summary>Advantages of <paramref name="rewards"/> over the rewards before; then takes them in.</summary>
    public float[] Advantages(ReadOnlySpan<double> rewards)
    {
        var mean = 0.0;
        foreach (var reward in rewards)
        {
            mean += reward / rewards.Length;
        }

        var spread = 0.0;
        foreach (var reward in rewards)
        {
            spread += (reward - mean) * (reward - mean) / rewards.Length;
        }

        var isFirst = double.IsNaN(_mean);
        (_mean, _variance) = isFirst ? (mean, spread) : (_mean, _variance);
        var advantages = new float[rewards.Length];
        for (var i = 0; i < rewards.Length; i++)
        {
            advantages[i] = (float)Math.Clamp((rewards[i] - _mean) / Math.Sqrt(_variance + 1e-12), -LargestAdvantage, LargestAdvantage);
        }

        _mean = (decay * _mean) + ((1 - decay) * mean);
        _variance = (decay * _variance) + ((1 - decay) * spread);
        return advantages;
    }

    public void Save(CheckpointWriter writer) => writer.Write("moments", _mean, _variance);

    public void Restore(CheckpointReader reader)
    {
        var moments = reader.Numbers("moments");
        (_mean, _variance) = (moments[0], moments[1]);
    }
}
