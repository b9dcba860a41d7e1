using AutoTower.Autograd.Devices;
using AutoTower.Search.Space;
using AutoTower.Search.Strategies;
using AutoTower.Search.Strategies.Proximal;
using AutoTower.Search.Training;
using AutoTower.Search.Training.Measures;

namespace AutoTower.Search.Tests.Parity;

/// <summary>What searches compute with the weights of one supernet.</summary>
public sealed class SearchParityTests(ParityWorlds worlds) : ModelParityTest(worlds)
{
    private static readonly SearchSpace Space = SearchSpace.Create(3, 3);
    private static readonly TrainingOptions Training = new() { BatchSize = 64 };

    private static readonly Architecture[] Architectures =
    [
        Architecture.Parse("pooling=self-attention; user=mlp-32,ew-ip,sa-2; item=sa-1,mlp-16,ew-max"),
        Architecture.Parse("pooling=self-attentive; user=sa-3,ew-sum,mlp-64; item=mlp-64,ew-avg,sa-4"),
        Architecture.Parse("pooling=sum; user=mlp-128,ew-min,mlp-16; item=mlp-64,ew-avg,sa-4"),
    ];

    [Theory]
    [InlineData(FitnessMeasure.Loss, 1e-4)]
    [InlineData(FitnessMeasure.Corrected, 1e-3)]
    // A hit more or less where two items score next to the same.
    [InlineData(FitnessMeasure.Recall, 5e-3)]
    public void Fitness(FitnessMeasure measure, double bound)
    {
        // A batch size that no tile divides.
        var options = new FitnessOptions { BatchSize = 50, StatisticsBatches = 6, LossBatches = 4, Measure = measure };
        RelativeError.AssertBelow(bound, Judge(Worlds.Reference), Judge(Worlds.Cuda), $"fitness {measure}");

        float[] Judge(Device device)
        {
            using var experiment = Worlds.Experiment(device);
            using var supernet = experiment.NewModel(Space);
            using var fitness = new FitnessEvaluator(
                supernet, experiment.Train, FitnessMeasures.Create(experiment, options, Training), options, 1);
            return [.. Architectures.Select(architecture => (float)fitness.Evaluate(architecture))];
        }
    }

    [Fact]
    public void Gradients_of_architecture_weights()
    {
        var reference = Differentiate(Worlds.Reference);
        var tested = Differentiate(Worlds.Cuda);
        RelativeError.AssertBelow(1e-4, [reference.Loss], [tested.Loss], "loss");
        RelativeError.AssertBelow(1e-3, reference.Gradient, tested.Gradient, "gradient");

        (float Loss, float[] Gradient) Differentiate(Device device)
        {
            using var experiment = Worlds.Experiment(device);
            using var supernet = experiment.NewModel(Space);
            using var step = new TrainingStep(supernet, experiment.Train, Training, 1);
            // As if every item had been seen.
            step.Frequencies.Intervals.Upload(Enumerable.Repeat(2f, (int)step.Frequencies.Intervals.Length).ToArray());
            var genes = new GeneCode(Space);
            using var architecture = new ArchitectureStep(
                supernet, step, experiment.Validation, Training, new ProximalOptions(), new ArchitectureWeights(genes, 1), 1);
            architecture.Differentiate(architecture.AsGates(genes.Encode(Architectures[1])), Architectures[1]).Backward();
            return (architecture.ReadLoss(), architecture.Gradient());
        }
    }
}
