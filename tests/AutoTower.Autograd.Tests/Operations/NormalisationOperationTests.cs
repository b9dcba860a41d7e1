using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Memory;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;
using AutoTower.Autograd.Tests.Devices;
using AutoTower.Tests.Mathematics;

namespace AutoTower.Autograd.Tests.Operations;

public class NormalisationOperationTests
{
    [Theory]
    [InlineData(2, 3, 0)]
    [InlineData(5, 17, 3)]
    [InlineData(300, 9, 55)]
    public void Batch_norm_with_relu(int batch, int width, int gap) => BatchNorm(batch, width, gap).Check();

    [Fact]
    public void Results_do_not_depend_on_the_number_of_threads()
    {
        BatchNorm(700, 33, 1).CheckThreads();
        L2(700, 33, 1).CheckThreads();
        LayerNorm(700, 33, 1).CheckThreads();
    }

    [Fact]
    public void A_batch_of_one_gives_the_shift_and_has_no_gradient_of_its_input()
    {
        using var device = new CpuDevice(1);
        var run = BatchNorm(1, 6, 0).ExecuteOn(device);
        Assert.Equal(run.Contents[2].Select(beta => Math.Max(beta, 0)), run.Outputs[0].Values());
        Assert.Equal(run.GradientsBefore[0], run.Gradients[0].Values());
        Assert.Equal(run.GradientsBefore[1], run.Gradients[1].Values());
    }

    [Fact]
    public void Numbers_far_from_zero_lose_nothing_to_cancellation()
    {
        using var device = new CpuDevice(1);
        // A one-pass variance, E[x^2] - E[x]^2, would have no correct digit at a mean of 1,000 and a deviation near 0.6.
        var run = (BatchNorm(64, 5, 0) with
        {
            Prepare = inputs =>
            {
                for (var b = 0; b < 64; b++)
                {
                    foreach (ref var value in inputs[0].Row(b))
                    {
                        value += 1000;
                    }
                }
            },
        }).ExecuteOn(device);
        DoubleMatrix Input(int i) => new(run.Inputs[i].Rows, run.Inputs[i].Columns, run.Contents[i]);
        var expected = Definitions.Relu(Definitions.BatchNorm(Input(0), Input(1), Input(2)));
        // The mean is rounded to a float near 1,000, in steps of 6e-5.
        var actual = run.Outputs[0].Values();
        Assert.All(expected.Data.Zip(actual), pair => new Tolerance(2e-4, 0).Check(pair.First, pair.Second, "normalised"));
    }

    [Theory]
    [InlineData(ForwardMode.Training)]
    [InlineData(ForwardMode.Recalibration)]
    public void Running_statistics_follow_the_batches(ForwardMode mode)
    {
        using var device = new CpuDevice(2);
        using var layer = new Layer(device, 7);
        using var arena = new Arena(device, "test");
        var (means, variances) = (new double[7], Enumerable.Repeat(1.0, 7).ToArray());
        foreach (var batch in new[] { 5, 300, 1 })
        {
            HostMatrix x = new(device, batch, 7, 2, new System.Random(batch), 3), y = new(device, batch, 7);
            var tape = new Tape(arena, mode) { BatchNormMomentum = 0.25f };
            tape.BatchNormRelu(new Tensor(x.View, x.View), layer.Norm, new Tensor(y.View, default));
            var (mean, variance) = Definitions.Moments(new DoubleMatrix(batch, 7, x.Values()));
            for (var c = 0; c < 7; c++)
            {
                means[c] += 0.25 * (mean[c] - means[c]);
                variances[c] += 0.25 * ((batch > 1 ? variance[c] * batch / (batch - 1) : 0) - variances[c]);
            }
        }

        var actual = layer.RunningStatistics();
        for (var c = 0; c < 7; c++)
        {
            Tolerance.ShortSums.Check(means[c], actual.Means[c], $"mean {c}");
            Tolerance.ShortSums.Check(variances[c], actual.Variances[c], $"variance {c}");
        }
    }

    [Fact]
    public void Inference_uses_running_statistics_and_leaves_them_alone()
    {
        using var device = new CpuDevice(2);
        using var layer = new Layer(device, 5);
        using var arena = new Arena(device, "test");
        HostMatrix x = new(device, 40, 5, 1, new System.Random(1), 2), y = new(device, 40, 5, 3), next = new(device, 13, 5, 0, new System.Random(2), 2);
        new Tape(arena, ForwardMode.Recalibration).BatchNormRelu(new Tensor(x.View, default), layer.Norm, new Tensor(y.View, default));
        var before = layer.RunningStatistics();
        var result = new HostMatrix(device, 13, 5);
        new Tape(arena, ForwardMode.Inference).BatchNormRelu(new Tensor(next.View, default), layer.Norm, new Tensor(result.View, default));
        Assert.Equal(before.Means, layer.RunningStatistics().Means);
        Assert.Equal(before.Variances, layer.RunningStatistics().Variances);
        var one = DoubleMatrix.Of(1, 5, (_, _) => 1);
        var expected = Definitions.Relu(Definitions.BatchNorm(
            new DoubleMatrix(13, 5, next.Values()), one, new DoubleMatrix(1, 5), before.Means, before.Variances));
        Assert.All(expected.Data.Zip(result.Values()), pair => Tolerance.ShortSums.Check(pair.First, pair.Second, "normalised"));
    }

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(7, 5, 2)]
    [InlineData(9, 64, 64)]
    public void L2_normalisation(int rows, int width, int gap) => L2(rows, width, gap).Check();

    [Fact]
    public void Rows_too_short_to_normalise_are_divided_by_a_constant()
    {
        using var device = new CpuDevice(1);
        var run = (L2(3, 4, 0) with
        {
            Prepare = inputs =>
            {
                inputs[0].Row(0).Clear();
                inputs[0].Row(1).Fill(1e-13f);
            },
        }).ExecuteOn(device);
        for (var c = 0; c < 4; c++)
        {
            Assert.Equal(0, run.Outputs[0][0, c]);
            Assert.Equal(0.1, run.Outputs[0][1, c], 1e-6);
            for (var row = 0; row < 2; row++)
            {
                var expected = run.Upstream[0][(row * 4) + c] * 1e12;
                Assert.Equal(expected, run.Gradients[0][row, c], 1e-6 * Math.Abs(expected));
            }
        }
    }

    [Theory]
    [InlineData(2, 3, 0)]
    [InlineData(5, 17, 3)]
    [InlineData(300, 48, 0)]
    public void Layer_norm_of_a_sum(int rows, int width, int gap) => LayerNorm(rows, width, gap).Check();

    private static TapeOperation BatchNorm(int batch, int width, int gap) => new(
        [new(batch, width, gap), new(1, width), new(1, width)],
        [new(batch, width, gap)],
        (tape, x, y) =>
        {
            var store = new ParameterStore();
            var layer = store.AddGroup("test").AddBatchNorm("norm", width);
            store.Allocate(tape.Device, 1);
            // The parameters under test stand in for the layer's own.
            layer.Weight.Tensor = x[1];
            layer.Bias.Tensor = x[2];
            tape.BatchNormRelu(x[0], layer, y[0]);
        },
        x => [Definitions.Relu(Definitions.BatchNorm(x[0], x[1], x[2]))])
    {
        // Two values a column may lie close together, which multiplies rounding errors by the inverse deviation; sums run over the batch.
        Tolerance = new Tolerance(batch > 100 ? 3e-5 : 1e-5, 1e-4),
    };

    private static TapeOperation LayerNorm(int rows, int width, int gap) => new(
        [new(rows, width, gap), new(rows, width, gap), new(1, width), new(1, width)],
        [new(rows, width, gap)],
        (tape, x, y) =>
        {
            var store = new ParameterStore();
            var layer = store.AddGroup("test").AddLayerNorm("norm", width);
            store.Allocate(tape.Device, 1);
            // The parameters under test stand in for the layer's own.
            layer.Weight.Tensor = x[2];
            layer.Bias.Tensor = x[3];
            tape.AddLayerNorm(x[0], x[1], layer, y[0]);
        },
        x => [SequenceDefinitions.AddLayerNorm(x[0], x[1], x[2], x[3])])
    {
        // Three values a row may lie close together, which multiplies rounding errors by the inverse deviation.
        Tolerance = new Tolerance(rows > 100 ? 3e-5 : 1e-5, 1e-4),
    };

    private static TapeOperation L2(int rows, int width, int gap) => new(
        [new(rows, width, gap)], [new(rows, width, gap)], (tape, x, y) => tape.L2Normalise(x[0], y[0]), x => [Definitions.L2Normalise(x[0])])
    {
        // A row of one element may be as short as 0.01; the gradient divides by it.
        Tolerance = new Tolerance(1e-5, 1e-5),
    };

    private sealed class Layer : IDisposable
    {
        private readonly ParameterStore _store = new();

        public Layer(CpuDevice device, int width)
        {
            Norm = _store.AddGroup("test").AddBatchNorm("norm", width);
            _store.Allocate(device, 1);
        }

        public BatchNormLayer Norm { get; }

        public (double[] Means, double[] Variances) RunningStatistics()
        {
            double[] Values(Parameter parameter) => Array.ConvertAll(
                ParameterStore.DownloadPart(_store.Values.Device, parameter, parameter.Parts[0]), value => (double)value);
            return (Values(Norm.RunningMean), Values(Norm.RunningVariance));
        }

        public void Dispose() => _store.Dispose();
    }
}
