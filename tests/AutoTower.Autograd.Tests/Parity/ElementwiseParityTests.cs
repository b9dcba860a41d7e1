using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Tests.Parity;

public class ElementwiseParityTests(GpuDevices devices) : DeviceParityTest(devices)
{
    private static readonly (int Rows, int Width, int Tokens, int Gap)[] Sizes =
    [
        (1, 1, 1, 0), (1, 64, 2, 0), (3, 5, 4, 1), (130, 64, 4, 64), (130, 64, 4, 3), (257, 12, 3, 4), (33, 36, 7, 0), (9, 100, 1, 28),
    ];

    /// <summary>B, D, n, gap between rows: with and without 16-byte alignment, one of each.</summary>
    public static TheoryData<int, int, int, int> Shapes
    {
        get
        {
            var data = new TheoryData<int, int, int, int>();
            foreach (var (rows, width, tokens, gap) in Sizes)
            {
                data.Add(rows, width, tokens, gap);
            }

            return data;
        }
    }

    [Theory]
    [InlineData(Reduction.Sum)]
    [InlineData(Reduction.Average)]
    [InlineData(Reduction.Product)]
    [InlineData(Reduction.Maximum)]
    [InlineData(Reduction.Minimum)]
    public void Token_reductions(Reduction reduction)
    {
        foreach (var (rows, width, tokens, gap) in Sizes)
        {
            var x = Random(rows, tokens * width, gap);
            var y = Poisoned(rows, width, gap);
            var dy = Random(rows, width, gap);
            var dx = Random(rows, tokens * width, gap);
            Run(d =>
            {
                d.Elementwise.ReduceTokensForward(reduction, x.On(d), tokens, y.On(d));
                d.Elementwise.ReduceTokensBackward(reduction, x.On(d), tokens, y.On(d), dy.On(d), dx.On(d));
            });
            AssertClose(y);
            AssertClose(dx);
        }
    }

    [Theory]
    [InlineData(Reduction.Product)]
    [InlineData(Reduction.Maximum)]
    [InlineData(Reduction.Minimum)]
    public void Zeros_and_ties_have_the_references_gradient(Reduction reduction)
    {
        // Tokens of width 4: equal values, one zero, two zeros.
        var x = Random(2, 12).With(1, 2, 0, 0, 1, 3, 5, 0, 1, 3, 7, 4, -1, 0, 0, 2, 3, 0, -1, 2, 3, 0, 2, 2);
        var y = Poisoned(2, 4);
        var dy = Random(2, 4);
        var dx = Zeros(2, 12);
        Run(d =>
        {
            d.Elementwise.ReduceTokensForward(reduction, x.On(d), 3, y.On(d));
            d.Elementwise.ReduceTokensBackward(reduction, x.On(d), 3, y.On(d), dy.On(d), dx.On(d));
        });
        AssertClose(y);
        AssertClose(dx);
    }

    [Theory]
    [InlineData(Reduction.Maximum)]
    [InlineData(Reduction.Minimum)]
    [InlineData(Reduction.Sum)]
    public void Not_a_number_is_not_lost(Reduction reduction)
    {
        foreach (var position in new[] { 0, 4, 8 })
        {
            float[] values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
            values[position] = float.NaN;
            var x = Random(1, 12).With(values);
            var y = Zeros(1, 4);
            Run(d => d.Elementwise.ReduceTokensForward(reduction, x.On(d), 3, y.On(d)));
            Assert.True(float.IsNaN(y.Values(Cuda)[0]));
            AssertClose(y.Values(Reference).AsSpan(1), y.Values(Cuda).AsSpan(1), Fp32Bound);
        }
    }

    [Theory]
    [InlineData(Activation.Relu)]
    [InlineData(Activation.Sigmoid)]
    [InlineData(Activation.Tanh)]
    public void Activations(Activation activation)
    {
        foreach (var (rows, width, _, gap) in Sizes)
        {
            var x = Random(rows, width, gap, scale: 5);
            var y = Poisoned(rows, width, gap);
            var dy = Random(rows, width, gap);
            var dx = Random(rows, width, gap);
            Run(d =>
            {
                d.Elementwise.ActivationForward(activation, x.On(d), y.On(d));
                d.Elementwise.ActivationBackward(activation, y.On(d), dy.On(d), dx.On(d));
                d.Elementwise.ActivationForward(activation, x.On(d), x.On(d));
            });
            AssertClose(y);
            AssertClose(dx);
            AssertClose(x);
        }
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 7, 5)]
    [InlineData(130, 10, 64)]
    [InlineData(600, 3, 8)]
    public void Positions(int examples, int length, int width)
    {
        var x = Random(examples * length, width);
        var position = Random(length, width);
        var y = Poisoned(examples * length, width);
        var dy = Random(examples * length, width);
        var dx = Random(examples * length, width);
        var dPosition = Random(length, width);
        Run(d =>
        {
            d.Elementwise.AddPositionForward(x.On(d), position.On(d), y.On(d));
            d.Elementwise.AddPositionBackward(dy.On(d), dx.On(d), dPosition.On(d));
        });
        AssertClose(y);
        AssertClose(dx);
        AssertClose(dPosition);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Token_means_and_scales(int rows, int width, int tokens, int gap)
    {
        var x = Random(rows, tokens * width, gap);
        var means = Poisoned(rows, tokens, gap);
        var dMeans = Random(rows, tokens, gap);
        var scale = Random(rows, tokens, gap);
        var y = Poisoned(rows, tokens * width, gap);
        var dy = Random(rows, tokens * width, gap);
        var dx = Random(rows, tokens * width, gap);
        var dxOfMeans = Random(rows, tokens * width, gap);
        var dScale = Random(rows, tokens, gap);
        Run(d =>
        {
            d.Elementwise.TokenMeansForward(x.On(d), tokens, means.On(d));
            d.Elementwise.TokenMeansBackward(dMeans.On(d), tokens, dxOfMeans.On(d));
            d.Elementwise.ScaleTokensForward(x.On(d), scale.On(d), tokens, y.On(d));
            d.Elementwise.ScaleTokensBackward(x.On(d), scale.On(d), tokens, dy.On(d), dx.On(d), dScale.On(d));
        });
        foreach (var result in new[] { means, dxOfMeans, y, dx, dScale })
        {
            AssertClose(result);
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Pairwise_products(int rows, int width, int tokens, int gap)
    {
        var pairs = tokens * (tokens - 1) / 2;
        var x = Random(rows, tokens * width, gap);
        var y = Poisoned(rows, pairs, gap);
        var dy = Random(rows, pairs, gap);
        var dx = Random(rows, tokens * width, gap);
        Run(d =>
        {
            d.Elementwise.PairwiseProductsForward(x.On(d), tokens, y.On(d));
            d.Elementwise.PairwiseProductsBackward(x.On(d), tokens, dy.On(d), dx.On(d));
        });
        AssertClose(y);
        AssertClose(dx);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Copies_and_sums_of_views(int rows, int width, int tokens, int gap)
    {
        var x = Random(rows, tokens * width, gap);
        var y = Poisoned(rows, width);
        var dx = Random(rows, tokens * width, gap);
        var dy = Random(rows, width);
        var first = (tokens - 1) * width;
        Run(d =>
        {
            d.Elementwise.CopyForward(x.On(d).SliceColumns(first, width), y.On(d));
            d.Elementwise.Accumulate(dy.On(d), dx.On(d).SliceColumns(first, width));
        });
        AssertSame(y);
        AssertSame(dx);
    }
}
