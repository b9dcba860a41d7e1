using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Optimisers;

namespace AutoTower.Autograd.Tests.Parity;

/// <summary>Clipping and Adam over segments. The norm is summed in a fixed order, so both modes are this one.</summary>
public class OptimiserParityTests(GpuDevices devices) : DeviceParityTest(devices)
{
    [Theory]
    [InlineData(5, 1e-6f)]
    [InlineData(0.01f, 0.1f)]
    [InlineData(0, 0)]
    public void Some_segments_for_several_steps(float maximumNorm, float decay) => Check(
        20000,
        [new(0, 1, 0), new(16, 2048, 1), new(4096, 2049, 3), new(8192, 7, 2), new(9008, 6000, 5)],
        new AdamSettings { MaximumNorm = maximumNorm, WeightDecay = decay });

    [Fact]
    public void More_segments_than_one_launch_takes() => Check(
        80 * 32, [.. Enumerable.Range(0, 80).Where(i => i != 40).Select(i => new ParameterSegment(i * 32, 1 + (i % 32), i))], new AdamSettings());

    [Fact]
    public void One_long_segment() => Check(300000, [new(16, 299983, 0)], new AdamSettings { LearningRate = 0.1f });

    [Fact]
    public void Nothing_to_update() => Check(16, [], new AdamSettings());

    [Fact]
    public void The_norm_has_the_same_bits_every_time()
    {
        var norms = Enumerable.Range(0, 3).Select(_ =>
        {
            using var gradients = new DeviceBuffer<float>(Cuda, [.. Enumerable.Range(0, 200000).Select(i => MathF.Sin(i))], "gradients");
            using var others = new DeviceBuffer<float>(Cuda, 3 * 200000, "slabs");
            using var counts = new DeviceBuffer<int>(Cuda, 1, "counts");
            using var norm = new DeviceBuffer<float>(Cuda, 1, "norm");
            var slabs = new ParameterSlabs(
                others.Address, gradients.Address, others.Address + (200000 * sizeof(float)), others.Address + (400000 * sizeof(float)), new IntegerArray(counts.Address, 1));
            using var corrections = new AdamCorrections(Cuda, new AdamSettings());
            var rule = new AdamRule(new AdamSettings(), corrections.Table);
            Cuda.Optimiser.ClipAndUpdate(slabs, [new(0, 200000, 0)], [], rule, new Matrix(norm.Address, 1, 1));
            return norm.DownloadToHost()[0];
        }).ToArray();
        Assert.Equal(norms[0], norms[1]);
        Assert.Equal(norms[0], norms[2]);
    }

    private void Check(int length, ParameterSegment[] segments, AdamSettings settings)
    {
        var values = Random(1, length);
        var first = Random(1, length, 0, scale: 0.01f);
        var second = Zeros(1, length);
        var counts = Integers([.. Enumerable.Range(0, 100).Select(group => group * 10)]);
        for (var step = 0; step < 3; step++)
        {
            var gradients = Random(1, length);
            var norm = Random(1, 1);
            Run(device =>
            {
                using var corrections = new AdamCorrections(device, settings);
                device.Optimiser.ClipAndUpdate(
                    new ParameterSlabs(
                        values.On(device).Address, gradients.On(device).Address, first.On(device).Address, second.On(device).Address, counts.On(device)),
                    segments,
                    [],
                    new AdamRule(settings, corrections.Table),
                    norm.On(device));
            });
            AssertClose(values);
            AssertClose(first);
            AssertClose(second);
            AssertSame(gradients); // Zero in the segments, as before elsewhere.
            AssertSame(counts);
            if (segments.Length > 0)
            {
                AssertClose(norm);
            }
        }
    }
}
