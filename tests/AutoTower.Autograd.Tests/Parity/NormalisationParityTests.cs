using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Tests.Parity;

public class NormalisationParityTests(GpuDevices devices) : DeviceParityTest(devices)
{
    /// <summary>B, D, gap between rows: around the kernels' 8 columns and 128 rows, one, odd ones.</summary>
    public static TheoryData<int, int, int> Shapes => new()
    {
        { 1, 1, 0 }, { 1, 64, 0 }, { 2, 3, 1 }, { 127, 8, 0 }, { 129, 17, 5 }, { 300, 64, 64 }, { 1030, 12, 0 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Layer_norm(int rows, int columns, int gap)
    {
        var x = Random(rows, columns, gap);
        var residual = Random(rows, columns, gap);
        var weight = Random(1, columns);
        var bias = Random(1, columns);
        var y = Poisoned(rows, columns, gap);
        var saved = Poisoned(rows, 2);
        var dy = Random(rows, columns, gap);
        var dx = Random(rows, columns, gap);
        var dResidual = Random(rows, columns, gap);
        var dWeight = Random(1, columns);
        var dBias = Random(1, columns);
        Run(d =>
        {
            d.Normalisation.LayerNormForward(x.On(d), residual.On(d), weight.On(d), bias.On(d), y.On(d), saved.On(d));
            d.Normalisation.LayerNormBackward(
                x.On(d), residual.On(d), weight.On(d), saved.On(d), dy.On(d), dx.On(d), dResidual.On(d), dWeight.On(d), dBias.On(d));
        });
        AssertClose(y);
        AssertClose(saved);
        // A row of one has variance 0: the rounding of its product is multiplied by 1 / sqrt(1e-5) where the device fuses multiply and add.
        var bound = columns == 1 ? 1e-4 : Fp32Bound;
        AssertClose(dx, bound);
        AssertClose(dResidual, bound);
        AssertClose(dWeight);
        AssertClose(dBias);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Batch_norm_in_training(int rows, int columns, int gap)
    {
        var x = Random(rows, columns, gap);
        var weight = Random(1, columns);
        var bias = Random(1, columns);
        var runningMean = Random(1, columns);
        var runningVariance = Random(1, columns);
        var y = Poisoned(rows, columns, gap);
        var saved = Poisoned(2, columns);
        var dy = Random(rows, columns, gap);
        var dx = Random(rows, columns, gap);
        var dWeight = Random(1, columns);
        var dBias = Random(1, columns);
        Run(d =>
        {
            var vectors = new BatchNormVectors(weight.On(d), bias.On(d), runningMean.On(d), runningVariance.On(d));
            d.Normalisation.BatchNormReluTrain(x.On(d), vectors, 0.1f, y.On(d), saved.On(d));
            d.Normalisation.BatchNormReluBackward(
                x.On(d), y.On(d), weight.On(d), saved.On(d), dy.On(d), dx.On(d), dWeight.On(d), dBias.On(d));
        });
        foreach (var result in new[] { y, saved, runningMean, runningVariance, dx, dWeight, dBias })
        {
            AssertClose(result);
        }
    }

    [Fact]
    public void Batch_norm_of_columns_far_from_zero_is_as_stable_as_the_reference()
    {
        // Column c has mean 1000 (c + 1) and deviation 1: the variance is lost when formed from the mean of squares.
        var noise = new System.Random(5);
        var x = Random(600, 5).With([.. Enumerable.Range(0, 3000).Select(i => (1000f * ((i % 5) + 1)) + (float)noise.NextDouble())]);
        var one = Zeros(1, 5).With(1, 1, 1, 1, 1);
        var zero = Zeros(1, 5);
        var runningMean = Zeros(1, 5);
        var runningVariance = Zeros(1, 5);
        var y = Poisoned(600, 5);
        var saved = Poisoned(2, 5);
        Run(d => d.Normalisation.BatchNormReluTrain(
            x.On(d), new BatchNormVectors(one.On(d), zero.On(d), runningMean.On(d), runningVariance.On(d)), 1, y.On(d), saved.On(d)));
        AssertClose(runningVariance);
        AssertClose(runningMean);
        // A mean of 5000 has a unit in the last place of 5e-4, which y, of size 1, shows.
        AssertClose(y, 1e-3);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Batch_norm_in_inference(int rows, int columns, int gap)
    {
        var x = Random(rows, columns, gap);
        var weight = Random(1, columns);
        var bias = Random(1, columns);
        var mean = Random(1, columns);
        var variance = Random(1, columns).With([.. Enumerable.Range(1, columns).Select(c => 0.3f * c)]);
        var y = Poisoned(rows, columns, gap);
        Run(d => d.Normalisation.BatchNormReluInference(
            x.On(d), new BatchNormVectors(weight.On(d), bias.On(d), mean.On(d), variance.On(d)), y.On(d)));
        AssertClose(y);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void L2_normalisation(int rows, int columns, int gap)
    {
        var x = Random(rows, columns, gap);
        var y = Poisoned(rows, columns, gap);
        var norms = Poisoned(rows, 1, gap);
        var dy = Random(rows, columns, gap);
        var dx = Random(rows, columns, gap);
        Run(d =>
        {
            d.Normalisation.L2NormaliseForward(x.On(d), y.On(d), norms.On(d));
            d.Normalisation.L2NormaliseBackward(y.On(d), norms.On(d), dy.On(d), dx.On(d));
        });
        AssertClose(y);
        AssertClose(norms);
        AssertClose(dx);
    }

    [Fact]
    public void A_zero_row_is_divided_by_the_smallest_norm()
    {
        var x = Zeros(2, 5).With(0, 0, 0, 0, 0, 3, 0, 4, 0, 0);
        var y = Poisoned(2, 5);
        var norms = Poisoned(2, 1);
        var dy = Random(2, 5);
        var dx = Zeros(2, 5);
        Run(d =>
        {
            d.Normalisation.L2NormaliseForward(x.On(d), y.On(d), norms.On(d));
            d.Normalisation.L2NormaliseBackward(y.On(d), norms.On(d), dy.On(d), dx.On(d));
        });
        Assert.Equal([1e-12f, 5], norms.Values(Cuda));
        Assert.Equal([0, 0, 0, 0, 0, 0.6f, 0, 0.8f, 0, 0], y.Values(Cuda));
        AssertClose(dx);
    }
}
