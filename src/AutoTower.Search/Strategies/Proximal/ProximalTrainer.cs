using AutoTower.Autograd.Random;
using AutoTower.Search.Checkpoints;
using AutoTower.Search.Supernet;
using AutoTower.Search.Training;

namespace AutoTower.Search.Strategies.Proximal;

/// <summary>
/// Trains a supernet and its architecture weights in turn (NASP, Yao et al. 2020, Algorithm 2): a step on the architecture weights at the
/// discrete architecture, the discrete architecture of the new weights, and steps on its operations' weights.
/// </summary>
internal sealed class ProximalTrainer(
    TwoTowerModel model,
    LegalCandidates candidates,
    TrainingStep step,
    ArchitectureStep architectureStep,
    ArchitectureWeights weights,
    ProximalOptions options,
    ulong seed)
    : ISupernetTrainer
{
    private const ulong WarmUpSubstream = 3;
    private readonly CounterRandom _random = new(seed, RandomStream.Strategy, WarmUpSubstream);

    public void Train(int steps, Action<TrainingProgress>? report, RunControl control)
    {
        var meter = new StepMeter("supernet", steps, step, report);
        var warmUp = (int)(options.WarmUp * steps);
        while (step.StepCount < steps)
        {
            var isWarmingUp = step.StepCount < warmUp;
            if (!isWarmingUp && (step.StepCount - warmUp) % options.WeightSteps == 0)
            {
                architectureStep.Run(ProximalOperator.Discrete(weights.Values, candidates));
            }

            var path = isWarmingUp
                ? candidates.Draw(1, _random, _ => false)[0]
                : candidates.Genes.Decode(ProximalOperator.Discrete(weights.Values, candidates));
            step.Run(model.At(path));
            meter.Tick();
            control.Between();
        }

        step.CatchUp();
    }

    public void Save(CheckpointWriter writer)
    {
        writer.Write("step", step);
        writer.Write("architecture step", architectureStep);
        writer.Write("sampling position", (long)_random.Position);
    }

    public void Restore(CheckpointReader reader)
    {
        reader.Restore("step", step);
        reader.Restore("architecture step", architectureStep);
        _random.Position = (ulong)reader.Integer("sampling position");
    }

    public void Dispose() => architectureStep.Dispose();
}
