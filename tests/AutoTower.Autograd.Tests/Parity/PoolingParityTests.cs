using AutoTower.Autograd.Devices.Cuda;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Tests.Parity;

public sealed class PoolingParityTests(GpuDevices devices) : PoolingParity(devices, deterministic: false);

public sealed class PoolingInOrderParityTests(GpuDevices devices) : PoolingParity(devices, deterministic: true)
{
    [Fact]
    public void The_gradient_of_the_score_vector_has_the_same_bits_every_time()
    {
        var x = Random(700 * 9, 20);
        var t = Random(700 * 9, 20);
        var w2 = Random(1, 20);
        var lengths = RandomIntegers(700, 0, 10);
        var weights = Random(700, 9);
        var dy = Random(700, 20);
        var dHidden = Zeros(700 * 9, 20);
        var results = Enumerable.Range(0, 3).Select(_ =>
        {
            var dW2 = Zeros(1, 20);
            Cuda.Pooling.SelfAttentiveBackward(
                t.On(Cuda), w2.On(Cuda), x.On(Cuda), lengths.On(Cuda), weights.On(Cuda), dy.On(Cuda), dHidden.On(Cuda), dW2.On(Cuda), default);
            return dW2.Values(Cuda);
        }).ToArray();
        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
    }
}

/// <summary>The four poolings, forward and backward, with empty, partial and full histories.</summary>
public abstract class PoolingParity(GpuDevices devices, bool deterministic)
    : DeviceParityTest(devices, new CudaDeviceOptions { Deterministic = deterministic })
{
    /// <summary>B, L, d: one of each, the data sets' shapes, odd ones around the sizes of warps and blocks, and a history whose scores do not fit into shared memory.</summary>
    public static TheoryData<int, int, int> Shapes { get; } = new()
    {
        { 1, 1, 1 },
        { 1, 20, 48 },
        { 33, 20, 48 },
        { 5, 7, 13 },
        { 3, 40, 96 },
        { 2, 50, 32 },
        { 4, 33, 130 },
        { 300, 3, 300 },
        { 2, 200, 48 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Sum_and_average(int batch, int length, int width)
    {
        var lengths = Lengths(batch, length);
        var x = Random(batch * length, width, 2);
        var dy = Random(batch, width, 1);
        foreach (var average in new[] { false, true })
        {
            var y = Poisoned(batch, width, 3);
            var dx = Random(batch * length, width);
            Run(device => device.Pooling.SumForward(x.On(device), lengths.On(device), average, y.On(device)));
            Run(device => device.Pooling.SumBackward(dy.On(device), lengths.On(device), average, dx.On(device)));
            AssertClose(y);
            AssertClose(dx);
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Self_attentive(int batch, int length, int width)
    {
        var lengths = Lengths(batch, length);
        var hidden = Random(batch * length, width, 1, scale: 2);
        var w2 = Random(1, width);
        var x = Random(batch * length, width);
        var weights = Poisoned(batch, length);
        var y = Poisoned(batch, width, 5);
        Run(device => device.Pooling.SelfAttentiveForward(
            hidden.On(device), w2.On(device), x.On(device), lengths.On(device), weights.On(device), y.On(device)));
        AssertClose(hidden);
        AssertClose(weights);
        AssertClose(y);

        var dy = Random(batch, width, 5);
        var dHidden = Poisoned(batch * length, width, 1);
        var dW2 = Random(1, width);
        var dx = Random(batch * length, width);
        Run(device => device.Pooling.SelfAttentiveBackward(
            hidden.On(device), w2.On(device), x.On(device), lengths.On(device), weights.On(device), dy.On(device), dHidden.On(device), dW2.On(device), dx.On(device)));
        AssertClose(dHidden);
        AssertClose(dW2);
        AssertClose(dx);
    }

    [Fact]
    public void Self_attentive_without_a_gradient_of_the_history()
    {
        var lengths = Integers(0, 3, 5, 1);
        var t = Random(20, 6);
        var w2 = Random(1, 6);
        var x = Random(20, 6);
        var weights = Random(4, 5);
        var dy = Random(4, 6);
        var dHidden = Poisoned(20, 6);
        var dW2 = Zeros(1, 6);
        Run(device => device.Pooling.SelfAttentiveBackward(
            t.On(device), w2.On(device), x.On(device), lengths.On(device), weights.On(device), dy.On(device), dHidden.On(device), dW2.On(device), default));
        AssertClose(dHidden);
        AssertClose(dW2);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Self_attention(int batch, int length, int width)
    {
        SelfAttention(Lengths(batch, length), batch, length, width, rate: 0);
        SelfAttention(Lengths(batch, length), batch, length, width, rate: 0.2f);
    }

    [Fact]
    public void Histories_that_are_all_padding()
    {
        var lengths = Integers(new int[6]);
        SelfAttention(lengths, 6, 5, 8, rate: 0.2f);
        var x = Random(30, 8);
        var hidden = Random(30, 8);
        var w2 = Random(1, 8);
        var weights = Poisoned(6, 5);
        var y = Poisoned(6, 8);
        Run(device => device.Pooling.SelfAttentiveForward(
            hidden.On(device), w2.On(device), x.On(device), lengths.On(device), weights.On(device), y.On(device)));
        AssertSame(weights);
        AssertSame(y);
        Assert.All(y.Values(Cuda), value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(0.2f, 1, 17ul)]
    [InlineData(0.5f, 123456, 0xFEDCBA9876543210ul)]
    public void Dropout_masks_are_the_same(float rate, int step, ulong seed)
    {
        // Without queries all weights are 1 / L, so a column's mean counts how many of it were kept.
        const int Batch = 50;
        const int Length = 19;
        var queryKey = Zeros(Batch * Length, 8);
        var x = Zeros(Batch * Length, 4);
        var lengths = Integers([.. Enumerable.Repeat(Length, Batch)]);
        var clock = Integers(step);
        var weights = Poisoned(Batch, Length * Length);
        var means = Poisoned(Batch, Length);
        var pooled = Poisoned(Batch, 4);
        var mass = Poisoned(Batch, 1);
        var kept = new List<int[]>();
        Run(device =>
        {
            device.Pooling.SelfAttentionForward(
                queryKey.On(device), x.On(device), lengths.On(device), new Dropout(rate, seed, clock.On(device)), weights.On(device), means.On(device), pooled.On(device), mass.On(device));
            kept.Add([.. means.Values(device).Select(mean => (int)Math.Round(mean * Length * Length * (1 - rate)))]);
        });
        Assert.Equal(kept[0], kept[1]);
        Assert.InRange(kept[1].Average(), (Length * (1 - rate)) - 0.5, (Length * (1 - rate)) + 0.5);
    }

    [Fact]
    public void Non_empty()
    {
        var lengths = RandomIntegers(700, 0, 3);
        var y = Poisoned(700, 1);
        Run(device => device.Pooling.NonEmpty(lengths.On(device), y.On(device)));
        AssertSame(y);
    }

    private void SelfAttention(ParityIntegers lengths, int batch, int length, int width, float rate)
    {
        var clock = Integers(7);
        var queryKey = Random(batch * length, 2 * width, 1, scale: 2);
        var x = Random(batch * length, width);
        var weights = Zeros(batch, length * length); // Padding is undefined: neither device writes it.
        var means = Poisoned(batch, length);
        var pooled = Poisoned(batch, width, 2);
        var mass = Poisoned(batch, 1);
        Run(device => device.Pooling.SelfAttentionForward(
            queryKey.On(device), x.On(device), lengths.On(device), new Dropout(rate, 99, clock.On(device)), weights.On(device), means.On(device), pooled.On(device), mass.On(device)));
        AssertClose(weights);
        AssertClose(means);
        AssertClose(pooled);
        AssertClose(mass);

        var dPooled = Random(batch, width, 2);
        var dMass = Random(batch, 1);
        var dQueryKey = Poisoned(batch * length, 2 * width, 1);
        var dx = Random(batch * length, width);
        Run(device => device.Pooling.SelfAttentionBackward(
            queryKey.On(device), x.On(device), lengths.On(device), new Dropout(rate, 99, clock.On(device)), weights.On(device), means.On(device), dPooled.On(device), dMass.On(device), dQueryKey.On(device), dx.On(device)));
        AssertClose(dQueryKey);
        AssertClose(dx);
    }

    /// <summary>An empty, a full and other histories; a batch of one is full.</summary>
    private ParityIntegers Lengths(int batch, int length) =>
        Integers([.. Enumerable.Range(0, batch).Select(b => batch == 1 ? length : b % (length + 1))]);
}
