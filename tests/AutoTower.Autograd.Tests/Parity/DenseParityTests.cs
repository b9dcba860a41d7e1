using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cuda;

namespace AutoTower.Autograd.Tests.Parity;

public class DenseParityTests(GpuDevices devices) : DeviceParityTest(devices)
{
    /// <summary>N, in, out, tokens, gap between rows: lengths of one, odd ones, contiguous and strided tokens, a sum over many rows.</summary>
    public static TheoryData<int, int, int, int, int> Shapes => new()
    {
        { 1, 1, 1, 1, 0 }, { 1, 64, 32, 1, 0 }, { 5, 123, 123, 1, 3 }, { 97, 33, 129, 1, 5 }, { 128, 64, 64, 1, 0 }, { 1, 3, 5, 3, 0 },
        { 1, 3, 5, 3, 2 }, { 13, 7, 5, 3, 2 }, { 64, 32, 96, 4, 0 }, { 64, 32, 96, 4, 32 }, { 700, 5, 3, 1, 0 }, { 1030, 20, 36, 2, 7 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Forward(int rows, int inputs, int outputs, int tokens, int gap)
    {
        var x = Random(rows, tokens * inputs, gap);
        var weight = Random(outputs, inputs);
        var bias = Random(1, outputs);
        var y = Poisoned(rows, tokens * outputs, gap);
        var withoutBias = Poisoned(rows, tokens * outputs, gap);
        Run(d =>
        {
            d.Dense.LinearForward(x.On(d), weight.On(d), bias.On(d), y.On(d), tokens);
            d.Dense.LinearForward(x.On(d), weight.On(d), Matrix.None, withoutBias.On(d), tokens);
        });
        AssertClose(y);
        AssertClose(withoutBias);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Backward_of_the_input(int rows, int inputs, int outputs, int tokens, int gap)
    {
        var dy = Random(rows, tokens * outputs, gap);
        var weight = Random(outputs, inputs);
        var dx = Random(rows, tokens * inputs, gap);
        Run(d => d.Dense.LinearBackwardInput(dy.On(d), weight.On(d), dx.On(d), tokens));
        AssertClose(dx);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Backward_of_weight_and_bias(int rows, int inputs, int outputs, int tokens, int gap)
    {
        var dy = Random(rows, tokens * outputs, gap);
        var x = Random(rows, tokens * inputs, gap);
        var dWeight = Random(outputs, inputs);
        var dBias = Random(1, outputs);
        var dWeightAlone = Random(outputs, inputs);
        Run(d =>
        {
            d.Dense.LinearBackwardWeight(dy.On(d), x.On(d), dWeight.On(d), dBias.On(d), tokens);
            d.Dense.LinearBackwardWeight(dy.On(d), x.On(d), dWeightAlone.On(d), Matrix.None, tokens);
        });
        AssertClose(dWeight);
        AssertClose(dBias);
        AssertClose(dWeightAlone);
    }

    [Fact]
    public void A_view_of_earlier_outputs_is_a_factor_and_a_gradient()
    {
        var tower = Random(70, 5 * 16);
        var towerGradient = Random(70, 5 * 16);
        var weight = Random(24, 3 * 16);
        var dy = Random(70, 24);
        var y = Poisoned(70, 24);
        var dWeight = Zeros(24, 3 * 16);
        Run(d =>
        {
            d.Dense.LinearForward(tower.On(d).SliceColumns(16, 48), weight.On(d), Matrix.None, y.On(d));
            d.Dense.LinearBackwardInput(dy.On(d), weight.On(d), towerGradient.On(d).SliceColumns(16, 48));
            d.Dense.LinearBackwardWeight(dy.On(d), tower.On(d).SliceColumns(16, 48), dWeight.On(d), Matrix.None);
        });
        AssertClose(y);
        AssertClose(towerGradient);
        AssertClose(dWeight);
    }

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(3, 5, 1)]
    [InlineData(64, 64, 0)]
    [InlineData(601, 123, 2)]
    public void Scaled_bias(int rows, int columns, int gap)
    {
        var y = Random(rows, columns, gap);
        var scale = Random(rows, 1, gap);
        var bias = Random(1, columns);
        var dy = Random(rows, columns, gap);
        var dScale = Random(rows, 1, gap);
        var dBias = Random(1, columns);
        Run(d =>
        {
            d.Dense.ScaledBiasForward(y.On(d), scale.On(d), bias.On(d));
            d.Dense.ScaledBiasBackward(dy.On(d), scale.On(d), bias.On(d), dScale.On(d), dBias.On(d));
            d.Dense.ScaledBiasBackward(dy.On(d), scale.On(d), bias.On(d), Matrix.None, dBias.On(d));
        });
        AssertClose(y);
        AssertClose(dScale);
        AssertClose(dBias);
    }

    [Fact]
    public void Sums_over_the_batch_have_the_same_bits_every_time()
    {
        var dy = Random(5000, 70, 2);
        var first = Zeros(1, 70);
        var second = Zeros(1, 70);
        var weight = Zeros(70, 3);
        var x = Random(5000, 3);
        Cuda.Dense.LinearBackwardWeight(dy.On(Cuda), x.On(Cuda), weight.On(Cuda), first.On(Cuda));
        Cuda.Dense.LinearBackwardWeight(dy.On(Cuda), x.On(Cuda), weight.On(Cuda), second.On(Cuda));
        Assert.Equal(first.Values(Cuda), second.Values(Cuda));
        Assert.DoesNotContain(0f, first.Values(Cuda));
    }

    [Fact]
    public void A_wrong_shape_is_named()
    {
        var x = Random(4, 3);
        var failure = Assert.Throws<ArgumentException>(
            () => Cuda.Dense.LinearForward(x.On(Cuda), new Matrix(x.On(Cuda).Address, 2, 2), Matrix.None, new Matrix(x.On(Cuda).Address, 4, 2)));
        Assert.StartsWith("LinearForward: x is 4 x 3, expected 4 x 2.", failure.Message, StringComparison.Ordinal);
    }
}

/// <summary>Products on tensor cores: factors are rounded to 11 significant bits, a relative error of up to 4.9e-4 each.</summary>
public class Tf32ParityTests(GpuDevices devices) : DeviceParityTest(devices, new CudaDeviceOptions { Precision = Precision.Tf32 })
{
    private const double Tf32Bound = 1e-3;

    [Theory]
    [InlineData(256, 128, 64)]
    [InlineData(77, 33, 129)]
    public void Linear_layers_stay_within_the_bound(int rows, int inputs, int outputs)
    {
        var x = Random(rows, inputs);
        var weight = Random(outputs, inputs);
        var y = Poisoned(rows, outputs);
        var dy = Random(rows, outputs);
        var dx = Zeros(rows, inputs);
        var dWeight = Zeros(outputs, inputs);
        var dBias = Zeros(1, outputs);
        Run(d =>
        {
            d.Dense.LinearForward(x.On(d), weight.On(d), Matrix.None, y.On(d));
            d.Dense.LinearBackwardInput(dy.On(d), weight.On(d), dx.On(d));
            d.Dense.LinearBackwardWeight(dy.On(d), x.On(d), dWeight.On(d), dBias.On(d));
        });
        AssertClose(y, Tf32Bound);
        AssertClose(dx, Tf32Bound);
        AssertClose(dWeight, Tf32Bound);
        AssertClose(dBias);
    }
}
