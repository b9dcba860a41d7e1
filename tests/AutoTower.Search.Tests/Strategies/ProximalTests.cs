using AutoTower.Autograd;
using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Memory;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Random;
using AutoTower.Search.Cost;
using AutoTower.Search.Space;
using AutoTower.Search.Strategies;
using AutoTower.Search.Strategies.Proximal;
using AutoTower.Search.Supernet;
using AutoTower.Search.Tests.Training;
using AutoTower.Search.Training;
using CsCheck;

namespace AutoTower.Search.Tests.Strategies;

public sealed class ProximalTests
{
    private static readonly SearchSpace Few = SearchSpace.Create(
        3, 3, [BlockRegistry.Find("mlp-16"), BlockRegistry.Find("mlp-1024"), BlockRegistry.Find("sa-2"), BlockRegistry.Find("ew-sum")]);

    private static readonly Gen<float[]> Weights = Gen.Float[0, 1].Array[4 + (2 * (3 + 4 + 4))];

    [Fact]
    public void Without_limits_the_operator_keeps_the_largest_weight_of_each_choice()
    {
        var candidates = Candidates(new ComplexityLimits());
        Weights.Sample(weights =>
        {
            var first = 0;
            var choices = ProximalOperator.Discrete(weights, candidates);
            for (var gene = 0; gene < choices.Length; gene++)
            {
                // Written out: of all vectors with one entry left, the nearest is the one that leaves the largest. Distances round.
                var all = weights.AsSpan(first, candidates.Genes.Choices[gene]).ToArray();
                var distances = all.Select((_, kept) => all.Where((_, other) => other != kept).Sum(weight => (double)weight * weight)).ToArray();
                Assert.InRange(distances[choices[gene]], 0, distances.Min() * (1 + 1e-12));
                Assert.Equal(Array.IndexOf(all, all.Max()), choices[gene]);
                first += all.Length;
            }
        });
    }

    [Fact]
    public void Under_limits_the_result_is_legal_and_close_to_the_best_of_all_legal_architectures()
    {
        var candidates = Candidates(new ComplexityLimits { MaxParameters = 120_000, MaxItemFlops = 40_000 });
        var legal = All(candidates.Genes.Choices).Where(choices => candidates.Budget.Allows(candidates.Budget.Of(choices))).ToArray();
        Assert.InRange(legal.Length, 100, 4000);
        var optimal = 0;
        Weights.Sample(
            weights =>
            {
                var found = ProximalOperator.Discrete(weights, candidates);
                Assert.True(candidates.Budget.Allows(candidates.Budget.Of(found)));
                var best = legal.Max(choices => Sum(weights, choices));
                optimal += Sum(weights, found) > best - 1e-6 ? 1 : 0;
                Assert.True(Sum(weights, found) >= 0.8 * best, $"{Sum(weights, found)} of {best}");
            },
            iter: 200,
            threads: 1);
        Assert.True(optimal >= 100, $"{optimal} of 200 are the best");

        double Sum(float[] weights, int[] choices)
        {
            var (sum, first) = (0.0, 0);
            for (var gene = 0; gene < choices.Length; gene++)
            {
                sum += weights[first + choices[gene]];
                first += candidates.Genes.Choices[gene];
            }

            return sum;
        }
    }

    [Fact]
    public void The_box_clips()
    {
        float[] weights = [-0.5f, 0f, 0.25f, 1f, 7f];
        ProximalOperator.Box(weights);
        Assert.Equal([0f, 0f, 0.25f, 1f, 1f], weights);
    }

    [Fact]
    public void A_mixture_has_the_value_of_the_active_operation_and_the_gradient_of_every_gate()
    {
        using var device = new CpuDevice(2);
        using var arena = new Arena(device, "test");
        var tape = new Tape(arena, ForwardMode.Training);
        var random = new System.Random(5);
        var (x, gates, output) = (tape.NewTensor(4, 3), tape.NewTensor(4, 3), tape.NewTensor(4, 2));
        var weights = Enumerable.Range(0, 3).Select(_ => tape.NewTensor(2, 3)).ToArray();
        var xs = Fill(x, _ => random.NextSingle());
        Fill(gates, i => i % 3 == 1 ? 1 : 0);
        var ws = weights.Select(weight => Fill(weight, _ => random.NextSingle() - 0.5f)).ToArray();
        MixedChoice.Mix(tape, 1, gates, output, (k, on, to) => on.Linear(x, weights[k], Tensor.None, to));
        var upstream = Enumerable.Range(0, 8).Select(_ => random.NextSingle()).ToArray();
        tape.Record(() => device.Upload<float>(upstream, output.Gradient.Address));
        tape.Backward();

        double Operation(int k, int row, int column) => Enumerable.Range(0, 3).Sum(c => (double)xs[(row * 3) + c] * ws[k][(column * 3) + c]);
        var value = Read(output.Value.Address, 8);
        var ofGates = Read(gates.Gradient.Address, 12);
        var ofX = Read(x.Gradient.Address, 12);
        for (var row = 0; row < 4; row++)
        {
            for (var column = 0; column < 2; column++)
            {
                Assert.Equal(Operation(1, row, column), value[(row * 2) + column], 1e-5);
            }

            for (var k = 0; k < 3; k++)
            {
                Assert.Equal(Enumerable.Range(0, 2).Sum(c => upstream[(row * 2) + c] * Operation(k, row, c)), ofGates[(row * 3) + k], 1e-5);
                Assert.Equal(Enumerable.Range(0, 2).Sum(c => upstream[(row * 2) + c] * (double)ws[1][(c * 3) + k]), ofX[(row * 3) + k], 1e-5);
            }
        }

        float[] Fill(Tensor tensor, Func<int, float> of)
        {
            float[] values = [.. Enumerable.Range(0, (int)tensor.Value.Count).Select(of)];
            device.Upload<float>(values, tensor.Value.Address);
            return values;
        }

        float[] Read(nint address, int count)
        {
            var values = new float[count];
            device.Download(address, values.AsSpan());
            return values;
        }
    }

    [Fact]
    public void The_gradient_of_the_architecture_weights_is_that_of_the_whole_loss()
    {
        using var world = new SmallWorld();
        var space = SearchSpace.Create(3, 3);
        using var model = world.Experiment.NewModel(space);
        using var step = new TrainingStep(model, world.Experiment.Train, SmallWorld.Options, 1);
        var random = new CounterRandom(1, RandomStream.ArchitectureSampling);
        for (var i = 0; i < 100; i++)
        {
            step.Run(model.At(space.Sample(random)));
        }

        var genes = new GeneCode(space);
        using var architecture = new ArchitectureStep(
            model, step, world.Experiment.Validation, SmallWorld.Options, new ProximalOptions(), new ArchitectureWeights(genes, 1), 1);
        // Without dropout in the pooling, so that a loss can be computed again; smooth blocks, so that differences are meaningful.
        var path = Architecture.Parse("pooling=average; user=mlp-32,sa-1,mlp-16; item=sa-2,mlp-64,ew-sum");
        var gates = architecture.AsGates(genes.Encode(path));
        architecture.Differentiate(gates, path).Backward();
        var gradient = architecture.Gradient();
        for (var i = 0; i < gates.Length; i += 2)
        {
            // Losses near 4 are told apart at 5e-7, which blurs short steps; long ones cross kinks of ReLU, some of them near by. Hence several.
            float[] steps = [1e-4f, 2e-4f, 5e-4f, 1e-3f, 2e-3f];
            var differences = steps.Select(h => (Loss(i, h) - Loss(i, -h)) / (2.0 * h)).Order().ToArray();
            var difference = differences[steps.Length / 2];
            Assert.True(Math.Abs(difference - gradient[i]) <= (0.05 * Math.Abs(gradient[i])) + 4e-3, $"gate {i}: {gradient[i]} for {difference}");
        }

        double Loss(int gate, float change)
        {
            var changed = gates.ToArray();
            changed[gate] += change;
            using var again = new ArchitectureStep(
                model, step, world.Experiment.Validation, SmallWorld.Options, new ProximalOptions(), new ArchitectureWeights(genes, 1), 1);
            again.Differentiate(changed, path);
            return again.ReadLoss();
        }
    }

    private static LegalCandidates Candidates(ComplexityLimits limits) =>
        new(Few, TargetFitness.Shape, limits, CostConvention.Paper, new CounterRandom(1, RandomStream.Strategy));

    private static IEnumerable<int[]> All(IReadOnlyList<int> choices) => choices.Aggregate(
        (IEnumerable<int[]>)[[]], (all, count) => all.SelectMany(before => Enumerable.Range(0, count).Select(choice => (int[])[.. before, choice])));
}
