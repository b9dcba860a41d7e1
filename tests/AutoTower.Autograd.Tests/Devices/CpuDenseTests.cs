using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cpu;
using CsCheck;

namespace AutoTower.Autograd.Tests.Devices;

public class CpuDenseTests
{
    /// <summary>N, in, out, tokens, gap between rows: lengths around the tile borders (6, 16, 96, 128, 320), one, and odd ones.</summary>
    public static TheoryData<int, int, int, int, int> Shapes => new()
    {
        { 1, 1, 1, 1, 0 }, { 1, 123, 5, 1, 0 }, { 5, 123, 123, 1, 3 }, { 6, 16, 16, 1, 0 }, { 7, 17, 15, 1, 1 }, { 97, 33, 129, 1, 5 },
        { 1, 3, 5, 3, 0 }, { 13, 7, 5, 3, 2 }, { 64, 48, 96, 5, 0 }, { 50, 321, 3, 1, 0 }, { 700, 5, 3, 1, 0 }, { 101, 19, 31, 2, 7 },
        { 31, 650, 20, 1, 4 }, { 128, 64, 64, 1, 0 }, { 300, 19, 31, 2, 7 }, { 5400, 3, 5, 1, 1 }, { 530, 200, 170, 1, 1 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Forward_is_the_product_plus_bias(int rows, int inputs, int outputs, int tokens, int gap)
    {
        using var device = new CpuDevice(2);
        var layer = new Layer(device, rows, inputs, outputs, tokens, gap);
        var bias = layer.Bias.Values();
        device.Dense.LinearForward(layer.X.View, layer.Weight.View, layer.Bias.View, layer.Y.View, tokens);
        layer.CheckForward(layer.Y.Values(), bias);
        device.Dense.LinearForward(layer.X.View, layer.Weight.View, Matrix.None, layer.Y.View, tokens);
        layer.CheckForward(layer.Y.Values(), null);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Backward_adds_both_gradients(int rows, int inputs, int outputs, int tokens, int gap)
    {
        using var device = new CpuDevice(2);
        var layer = new Layer(device, rows, inputs, outputs, tokens, gap);
        float[] x = layer.X.Values(), w = layer.Weight.Values(), bias = layer.Bias.Values();
        device.Dense.LinearBackwardInput(layer.Y.View, layer.Weight.View, layer.X.View, tokens);
        layer.CheckInputGradient(layer.X.Values(), x);

        var again = new Layer(device, rows, inputs, outputs, tokens, gap);
        device.Dense.LinearBackwardWeight(again.Y.View, again.X.View, again.Weight.View, again.Bias.View, tokens);
        again.CheckWeightGradient(again.Weight.Values(), w, again.Bias.Values(), bias);
        device.Dense.LinearBackwardWeight(again.Y.View, again.X.View, again.Weight.View, Matrix.None, tokens);
        Assert.NotEqual(w, again.Weight.Values());
    }

    [Fact]
    public void Random_shapes_agree_with_the_definition() =>
        Gen.Select(Gen.Int[1, 140], Gen.Int[1, 70], Gen.Int[1, 70], Gen.Int[1, 3], Gen.Int[0, 3]).Sample(
            (rows, inputs, outputs, tokens, gap) =>
            {
                Forward_is_the_product_plus_bias(rows, inputs, outputs, tokens, gap);
                Backward_adds_both_gradients(rows, inputs, outputs, tokens, gap);
            },
            iter: 60, threads: 1);

    [Theory]
    [InlineData(300, 130, 90, 1, 0)]
    [InlineData(5000, 40, 24, 1, 3)]
    [InlineData(200, 64, 48, 5, 11)]
    public void Results_do_not_depend_on_the_number_of_threads(int rows, int inputs, int outputs, int tokens, int gap) =>
        Bits.SameOnAnyNumberOfThreads(device =>
        {
            var layer = new Layer(device, rows, inputs, outputs, tokens, gap);
            device.Dense.LinearBackwardWeight(layer.Y.View, layer.X.View, layer.Weight.View, layer.Bias.View, tokens);
            device.Dense.LinearBackwardInput(layer.Y.View, layer.Weight.View, layer.X.View, tokens);
            device.Dense.LinearForward(layer.X.View, layer.Weight.View, layer.Bias.View, layer.Y.View, tokens);
            return [.. layer.Weight.Values(), .. layer.Bias.Values(), .. layer.X.Values(), .. layer.Y.Values()];
        });

    [Fact]
    public void A_row_has_the_same_result_alone_and_in_a_batch()
    {
        using var device = new CpuDevice(2);
        var layer = new Layer(device, 300, 333, 77, 1, 0);
        device.Dense.LinearForward(layer.X.View, layer.Weight.View, layer.Bias.View, layer.Y.View);
        var alone = new HostMatrix(device, 1, 77);
        foreach (var row in new[] { 0, 5, 95, 96, 299 })
        {
            device.Dense.LinearForward(layer.X.View.SliceRows(row, 1), layer.Weight.View, layer.Bias.View, alone.View);
            Bits.Same(layer.Y.Row(row), alone.Row(0));
        }
    }

    [Fact]
    public void Not_a_number_and_infinity_stay_in_their_row_and_column()
    {
        using var device = new CpuDevice(2);
        var layer = new Layer(device, 23, 9, 21, 1, 2);
        layer.X[7, 3] = float.NaN;
        layer.X[11, 0] = float.PositiveInfinity;
        layer.Weight[4, 0] = 0;
        device.Dense.LinearForward(layer.X.View, layer.Weight.View, layer.Bias.View, layer.Y.View);
        for (var i = 0; i < 23; i++)
        {
            for (var j = 0; j < 21; j++)
            {
                Assert.Equal(i == 7 || (i == 11 && j == 4), float.IsNaN(layer.Y[i, j]));
                Assert.Equal(i == 11 && j != 4, float.IsInfinity(layer.Y[i, j]));
            }
        }
    }

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(3, 5, 1)]
    [InlineData(600, 123, 2)]
    public void Scaled_bias_follows_its_definition(int rows, int columns, int gap)
    {
        using var device = new CpuDevice(2);
        var random = new System.Random(3);
        HostMatrix y = new(device, rows, columns, gap, random), dy = new(device, rows, columns, gap, random);
        HostMatrix scale = new(device, rows, 1, gap, random), bias = new(device, 1, columns, 0, random);
        HostMatrix dScale = new(device, rows, 1, gap, random), dBias = new(device, 1, columns, 0, random);
        float[] before = y.Values(), scaleBefore = dScale.Values(), biasBefore = dBias.Values();

        device.Dense.ScaledBiasForward(y.View, scale.View, bias.View);
        device.Dense.ScaledBiasBackward(dy.View, scale.View, bias.View, dScale.View, dBias.View);

        for (var i = 0; i < rows; i++)
        {
            double dot = scaleBefore[i];
            for (var j = 0; j < columns; j++)
            {
                Assert.Equal(before[i * columns + j] + (double)scale[i, 0] * bias[0, j], y[i, j], 1e-6);
                dot += (double)dy[i, j] * bias[0, j];
            }

            Assert.Equal(dot, dScale[i, 0], 2e-5);
        }

        for (var j = 0; j < columns; j++)
        {
            var sum = (double)biasBefore[j];
            for (var i = 0; i < rows; i++)
            {
                sum += (double)scale[i, 0] * dy[i, j];
            }

            Assert.Equal(sum, dBias[0, j], 2e-5);
        }

        var withoutScale = dBias.Values();
        device.Dense.ScaledBiasBackward(dy.View, scale.View, bias.View, Matrix.None, dBias.View);
        Assert.NotEqual(withoutScale, dBias.Values());
        Assert.Equal(rows, dScale.Values().Length);
    }

    [Fact]
    public void A_wrong_shape_is_named()
    {
        using var device = new CpuDevice(1);
        var layer = new Layer(device, 4, 3, 2, 1, 0);
        var failure = Assert.Throws<ArgumentException>(
            () => device.Dense.LinearForward(layer.X.View, layer.Weight.View.SliceColumns(0, 2), Matrix.None, layer.Y.View));
        Assert.StartsWith("LinearForward: x is 4 x 3, expected 4 x 2.", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>A linear layer with random contents (the same for the same shape) and its definition in double.</summary>
    private sealed class Layer
    {
        private readonly int _rows;
        private readonly int _inputs;
        private readonly int _outputs;
        private readonly float[] _x;
        private readonly float[] _weight;
        private readonly float[] _y;

        public Layer(CpuDevice device, int rows, int inputs, int outputs, int tokens, int gap)
        {
            var random = new System.Random(rows + 31 * inputs + 1009 * outputs + tokens);
            X = new(device, rows, inputs * tokens, gap, random);
            Weight = new(device, outputs, inputs, gap, random);
            Bias = new(device, 1, outputs, 0, random);
            Y = new(device, rows, outputs * tokens, gap, random);
            (_rows, _inputs, _outputs) = (rows * tokens, inputs, outputs);
            (_x, _weight, _y) = (X.Values(), Weight.Values(), Y.Values());
        }

        public HostMatrix X { get; }

        public HostMatrix Weight { get; }

        public HostMatrix Bias { get; }

        public HostMatrix Y { get; }

        public void CheckForward(float[] y, float[]? bias) => Check(
            y, _rows, _outputs, _inputs, (i, j) => bias?[j] ?? 0, (i, j, k) => (double)_x[i * _inputs + k] * _weight[j * _inputs + k]);

        public void CheckInputGradient(float[] dx, float[] before) => Check(
            dx, _rows, _inputs, _outputs, (i, j) => before[i * _inputs + j], (i, j, k) => (double)_y[i * _outputs + k] * _weight[k * _inputs + j]);

        public void CheckWeightGradient(float[] dw, float[] before, float[] dBias, float[] biasBefore)
        {
            Check(dw, _outputs, _inputs, _rows, (i, j) => before[i * _inputs + j], (i, j, k) => (double)_y[k * _outputs + i] * _x[k * _inputs + j]);
            Check(dBias, 1, _outputs, _rows, (i, j) => biasBefore[j], (i, j, k) => _y[k * _outputs + j]);
        }

        private static void Check(
            float[] actual, int rows, int columns, int depth, Func<int, int, double> initial, Func<int, int, int, double> term)
        {
            for (var i = 0; i < rows; i++)
            {
                for (var j = 0; j < columns; j++)
                {
                    var expected = initial(i, j);
                    var magnitude = Math.Abs(expected);
                    for (var k = 0; k < depth; k++)
                    {
                        expected += term(i, j, k);
                        magnitude += Math.Abs(term(i, j, k));
                    }

                    // The textbook bound of a float sum in any order: (number of operations) * (half a unit in the last place).
                    var bound = (depth + 2) * 6e-8 * magnitude;
                    Assert.True(
                        Math.Abs(actual[i * columns + j] - expected) <= bound, $"({i}, {j}): {actual[i * columns + j]} for {expected} +- {bound}");
                }
            }
        }
    }
}
