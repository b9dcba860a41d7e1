using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Optimisers;

namespace AutoTower.Autograd.Tests.Devices;

public class CpuOptimiserTests
{
    private const int Total = 40_000;

    /// <summary>Odd lengths, one longer than a chunk, and gaps between them that must not move.</summary>
    private static readonly ParameterSegment[] s_all = [new(0, 1, 2), new(16, 123, 0), new(160, 32, 3), new(208, 35_003, 1)];

    [Theory]
    [InlineData(5f, 0f)]
    [InlineData(5f, 0.01f)]
    [InlineData(1e6f, 0.01f)]
    [InlineData(0f, 1e-6f)]
    public void Follows_the_formula_in_double_over_several_steps(float maximumNorm, float weightDecay)
    {
        using var device = new CpuDevice(2);
        var state = new State(device);
        var settings = new AdamSettings(LearningRate: 0.01f, WeightDecay: weightDecay, MaximumNorm: maximumNorm);
        var (w, m, v) = (Array.ConvertAll(state.Values.Values(), value => (double)value), new double[Total], new double[Total]);
        var steps = new int[4];
        for (var step = 0; step < 6; step++)
        {
            // Groups join at different steps, so that their step counts differ.
            var segments = s_all.Where(segment => (step + segment.Counter) % 3 != 0).ToArray();
            state.NewGradients(step);
            var g = state.Gradients.Values();
            state.Step(segments, settings);

            var norm = Math.Sqrt(segments.Sum(segment => g.AsSpan((int)segment.Offset, segment.Length).ToArray().Sum(value => (double)value * value)));
            Assert.Equal(norm, state.Norm[0, 0], 1e-6 * norm);
            var clip = maximumNorm > 0 ? Math.Min(1, maximumNorm / (norm + 1e-6)) : 1;
            Assert.Equal(maximumNorm == 5, clip < 1);
            foreach (var (offset, length, group) in segments)
            {
                var t = ++steps[group];
                for (var i = (int)offset; i < offset + length; i++)
                {
                    var gradient = clip * g[i] + weightDecay * w[i];
                    m[i] = settings.Beta1 * m[i] + (1 - settings.Beta1) * gradient;
                    v[i] = settings.Beta2 * v[i] + (1 - settings.Beta2) * gradient * gradient;
                    var mean = m[i] / (1 - Math.Pow(settings.Beta1, t));
                    var root = Math.Sqrt(v[i]) / Math.Sqrt(1 - Math.Pow(settings.Beta2, t));
                    w[i] -= settings.LearningRate * mean / (root + settings.Epsilon);
                }
            }

            Assert.Equal(steps, state.Steps.Values.ToArray());
            // Each step moves by about the learning rate; a handful of float operations on that, and the rounding of the value itself.
            AssertClose(w, state.Values.Values(), 1e-6, 1e-7);
            AssertClose(m, state.First.Values(), 1e-6, 1e-7);
            AssertClose(v, state.Second.Values(), 1e-5, 1e-9);
            var touched = segments.SelectMany(segment => Enumerable.Range((int)segment.Offset, segment.Length)).ToHashSet();
            var after = state.Gradients.Values();
            for (var i = 0; i < Total; i++)
            {
                Assert.Equal(touched.Contains(i) ? 0 : g[i], after[i]);
            }
        }
    }

    [Fact]
    public void Nothing_outside_the_segments_moves()
    {
        using var device = new CpuDevice(2);
        var state = new State(device);
        state.NewGradients(1);
        var before = state.Values.Values();
        state.Step([s_all[1]], new AdamSettings());
        var after = state.Values.Values();
        for (var i = 0; i < Total; i++)
        {
            Assert.Equal(i is >= 16 and < 139, before[i] != after[i]);
        }

        Assert.Equal([1, 0, 0, 0], state.Steps.Values.ToArray());
    }

    [Fact]
    public void No_segments_have_norm_zero()
    {
        using var device = new CpuDevice(1);
        var state = new State(device);
        state.Norm[0, 0] = 9;
        state.Step([], new AdamSettings());
        Assert.Equal(0, state.Norm[0, 0]);
    }

    [Fact]
    public void Not_a_number_in_one_gradient_shows_in_the_norm_and_in_every_touched_value()
    {
        using var device = new CpuDevice(1);
        var state = new State(device);
        state.NewGradients(1);
        state.Gradients[0, 17] = float.NaN;
        state.Step([s_all[1]], new AdamSettings());
        Assert.True(float.IsNaN(state.Norm[0, 0]));
        Assert.All(state.Values.Values()[16..139], value => Assert.True(float.IsNaN(value)));
    }

    [Fact]
    public void Results_do_not_depend_on_the_number_of_threads() => Bits.SameOnAnyNumberOfThreads(device =>
    {
        var state = new State(device);
        for (var step = 0; step < 3; step++)
        {
            state.NewGradients(step);
            state.Step(s_all, new AdamSettings());
        }

        return [.. state.Values.Values(), .. state.First.Values(), .. state.Second.Values(), .. state.Norm.Values()];
    });

    private static void AssertClose(double[] expected, float[] actual, double relative, double absolute)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(actual[i] - expected[i]) <= relative * Math.Abs(expected[i]) + absolute, $"[{i}]: {actual[i]} for {expected[i]}");
        }
    }

    private sealed class State
    {
        private readonly CpuDevice _device;

        public State(CpuDevice device)
        {
            _device = device;
            Values = new(device, 1, Total, 0, new System.Random(1));
            Gradients = new(device, 1, Total);
            First = new(device, 1, Total);
            Second = new(device, 1, Total);
            Norm = new(device, 1, 1);
            Steps = new(device, 0, 0, 0, 0);
        }

        public HostMatrix Values { get; }

        public HostMatrix Gradients { get; }

        public HostMatrix First { get; }

        public HostMatrix Second { get; }

        public HostMatrix Norm { get; }

        public HostIntegers Steps { get; }

        public void Step(ParameterSegment[] segments, AdamSettings settings)
        {
            using var corrections = new AdamCorrections(_device, settings);
            var slabs = new ParameterSlabs(Values.View.Address, Gradients.View.Address, First.View.Address, Second.View.Address, Steps.View);
            _device.Optimiser.ClipAndUpdate(slabs, segments, [], new AdamRule(settings, corrections.Table), Norm.View);
        }

        public void NewGradients(int seed)
        {
            var random = new System.Random(seed);
            foreach (ref var value in Gradients.Row(0))
            {
                value = (float)(2 * random.NextDouble() - 1);
            }
        }
    }
}
