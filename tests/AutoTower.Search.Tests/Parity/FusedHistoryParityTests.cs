using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Devices.Cuda;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Memory;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;
using AutoTower.Kernels;
using AutoTower.Search.Space;
using AutoTower.Search.Space.Poolings;

namespace AutoTower.Search.Tests.Parity;

/// <summary>
/// Holds the kernels for whole histories to the CPU device's operations: pooled vectors, gradients of tables, position and every layer.
/// Runs on a GPU, or on the emulator; skipped by name where there is neither.
/// </summary>
[Trait("category", "gpu")]
[Trait("kernels", "tensor-cores")]
public sealed class FusedHistoryParityTests : IDisposable
{
    // Products in three tf32 parts or fp16 pairs keep 20 to 22 bits, a little less than fp32's 24; sums differ in order.
    private const double Bound = 1e-5;
    private readonly CpuDevice _cpu = new(2);
    private CudaDevice? _cuda;

    [Theory]
    [InlineData("sum")]
    [InlineData("average")]
    [InlineData("self-attentive")]
    [InlineData("self-attention")]
    public void Outputs_and_gradients_agree_with_the_operations_of_the_cpu_device(string pooling)
    {
        Open(new CudaDeviceOptions());
        Compare(pooling, new Sizes(1, 1, 1, 16), Bound);
        Compare(pooling, new Sizes(1, 20, 3, 16), Bound);
        Compare(pooling, new Sizes(9, 5, 3, 4), Bound);
        Compare(pooling, new Sizes(37, 20, 3, 16), Bound);
        Compare(pooling, new Sizes(11, 33, 2, 20), Bound);
        Compare(pooling, new Sizes(6, 40, 6, 16), Bound);
        Compare(pooling, new Sizes(5, 50, 2, 16), Bound);
    }

    [Theory]
    [InlineData("sum")]
    [InlineData("average")]
    [InlineData("self-attentive")]
    [InlineData("self-attention")]
    public void Several_examples_a_block_agree_too(string pooling)
    {
        Open(new CudaDeviceOptions());
        Compare(pooling, new Sizes(1021, 20, 3, 16), Bound);
        Compare(pooling, new Sizes(700, 7, 1, 12), Bound);
    }

    [Theory]
    [InlineData("sum", 200)]
    [InlineData("average", 200)]
    [InlineData("self-attentive", 200)]
    [InlineData("self-attention", 100)]
    public void Long_histories_agree_too(string pooling, int length)
    {
        Open(new CudaDeviceOptions());
        Compare(pooling, new Sizes(3, length, 2, 16), Bound);
    }

    // The projection's weight takes 300 KB: a block holds some rows of it at a time.
    [Theory]
    [InlineData(6, 32)]
    [InlineData(5, 36)]
    public void Weights_that_do_not_fit_are_taken_in_panels(int fields, int dimension)
    {
        Open(new CudaDeviceOptions());
        Compare("self-attention", new Sizes(5, 20, fields, dimension), Bound);
    }

    [Fact]
    public void Histories_that_are_all_padding()
    {
        Open(new CudaDeviceOptions());
        foreach (var pooling in new[] { "sum", "average", "self-attentive", "self-attention" })
        {
            Compare(pooling, new Sizes(6, 5, 3, 16) { IsEmpty = true }, Bound);
        }
    }

    [Fact]
    public void Without_a_backward_pass_there_is_no_dropout_and_nothing_is_saved()
    {
        Open(new CudaDeviceOptions());
        foreach (var pooling in new[] { "sum", "self-attentive", "self-attention" })
        {
            Compare(pooling, new Sizes(13, 20, 3, 16), Bound, ForwardMode.Inference);
        }
    }

    // Ten bits of mantissa leave 5e-4 a product, and the softmax turns differences of scores into ratios of weights.
    [Fact]
    public void Tf32_stays_within_its_bound()
    {
        Open(new CudaDeviceOptions { Precision = Precision.Tf32 });
        Compare("self-attentive", new Sizes(40, 20, 3, 16), 1e-2);
        Compare("self-attention", new Sizes(40, 20, 3, 16), 1e-2);
    }

    [Fact]
    public void What_does_not_fit_is_not_supported()
    {
        Open(new CudaDeviceOptions());
        var pooling = new SelfAttentionPoolingType();
        using var sample = new Sample(_cuda!, pooling.Name, new Sizes(2, 400, 6, 16), ForwardMode.Training);
        Assert.False(_cuda!.Histories!.Supports(sample.Fused, sample.Histories));
    }

    public void Dispose()
    {
        _cuda?.Dispose();
        _cpu.Dispose();
    }

    private void Open(CudaDeviceOptions options)
    {
        Assert.SkipUnless(CudaContext.TryProbe(out var reason), reason);
        _cuda = new CudaDevice(options);
        Assert.SkipWhen(_cuda.Histories is null, "the device has no tensor cores for tf32 (compute capability below 8.0)");
    }

    private void Compare(string pooling, Sizes sizes, double bound, ForwardMode mode = ForwardMode.Training)
    {
        using var expected = new Sample(_cpu, pooling, sizes, mode);
        using var actual = new Sample(_cuda!, pooling, sizes, mode);
        expected.RunOperations();
        actual.RunFused();
        RelativeError.AssertBelow(bound, expected.Output, actual.Output, $"{pooling}, {sizes}: output");
        if (mode != ForwardMode.Training)
        {
            return;
        }

        var gradients = actual.Store.Gradients.DownloadToHost();
        var reference = expected.Store.Gradients.DownloadToHost();
        var largest = Math.Sqrt(reference.Sum(value => (double)value * value));
        foreach (var (parameter, part) in expected.Store.NamedParts())
        {
            var (first, count) = ((int)parameter.Offset + (part.FirstRow * (part.IsVector ? 1 : parameter.Columns)), part.Rows * (part.IsVector ? 1 : parameter.Columns));
            RelativeError.AssertBelow(
                bound,
                reference.AsSpan(first, count),
                gradients.AsSpan(first, count),
                $"{pooling}, {sizes}: gradient of {part.Name}",
                // A key's bias moves all scores of a query alike: its gradient is zero but for rounding, which is measured against the whole.
                floor: 1e-2 * largest);
        }
    }

    private sealed record Sizes(int Batch, int Length, int Fields, int Dimension)
    {
        public bool IsEmpty { get; init; }
    }

    /// <summary>A pooling over random histories on one device; the same weights and histories on every device.</summary>
    private sealed class Sample : IDisposable
    {
        private const int Entities = 90;
        private const int Gap = 4; // Columns of the output beside the pooled vector.
        private const float Untouched = -77; // What they hold.
        private readonly List<DeviceBuffer<int>> _integers = [];
        private readonly IPooling _pooling;
        private readonly Arena _arena;
        private readonly Tape _tape;
        private readonly Tensor _output;
        private readonly float[] _outputGradient;

        public Sample(Device device, string pooling, Sizes sizes, ForwardMode mode)
        {
            var random = new System.Random(11);
            var tables = Store.AddGroup("tables");
            // Large, small, and small with first values of several or none.
            int[] cardinalities = [3000, 12, 19, 5, 700, 33];
            var parameters = Enumerable.Range(0, sizes.Fields).Select(field => tables.AddMatrix(
                $"{field}.weight", cardinalities[field], sizes.Dimension, new Initialiser.Uniform(1))).ToArray();
            var type = new PoolingType[]
            {
                new SumPoolingType(average: false), new SumPoolingType(average: true), new SelfAttentivePoolingType(), new SelfAttentionPoolingType(),
            }.Single(type => type.Name == pooling);
            var width = sizes.Fields * sizes.Dimension;
            _pooling = type.Build(Store.AddGroup("pooling"), sizes.Length, width);
            Store.Allocate(device, seed: 5);
            _arena = new Arena(device, "parity");
            var clock = Upload(device, [3]);
            _tape = new Tape(_arena, mode) { DropoutSeed = 17, Clock = clock };
            var whole = _tape.NewTensor(sizes.Batch, width + Gap);
            device.Upload<float>(Enumerable.Repeat(Untouched, sizes.Batch * (width + Gap)).ToArray(), whole.Value.Address);
            _output = whole.SliceColumns(Gap, width);
            _outputGradient = Enumerable.Range(0, sizes.Batch * (width + Gap)).Select(_ => (float)((2 * random.NextDouble()) - 1)).ToArray();

            // An empty, a full and other histories; a batch of one is full.
            var lengths = Enumerable.Range(0, sizes.Batch)
                .Select(b => sizes.IsEmpty ? 0 : sizes.Batch == 1 ? sizes.Length : b % (sizes.Length + 1)).ToArray();
            var ids = Enumerable.Range(0, sizes.Batch * sizes.Length)
                .Select(i => i % sizes.Length < sizes.Length - lengths[i / sizes.Length] ? 0 : random.Next(1, Entities)).ToArray();
            Histories = new HistoryInputs(
                Upload(device, ids), Upload(device, lengths), [.. parameters.Select((table, field) => Lookup(device, random, table, isMultiValued: field == 2))]);
        }

        public ParameterStore Store { get; } = new();

        public HistoryInputs Histories { get; }

        public HistoryPooling Fused => _pooling.Fused!;

        public float[] Output
        {
            get
            {
                var stride = _output.Value.Stride;
                var values = new float[_output.Rows * stride];
                _arena.Device.Download(_output.Value.Address - (Gap * sizeof(float)), values.AsSpan());
                Assert.All(values.Where((_, i) => i % stride < Gap), value => Assert.Equal(Untouched, value));
                return [.. values.Where((_, i) => i % stride >= Gap)];
            }
        }

        public void RunOperations()
        {
            var history = _tape.NewTensor(Histories.Ids.Length, Histories.Width);
            _tape.Gather(Histories.Ids, Histories.Fields, history);
            _pooling.Forward(_tape, history, Histories.Lengths, _output);
            Backward();
        }

        public void RunFused()
        {
            var kernels = _arena.Device.Histories;
            Assert.NotNull(kernels);
            Assert.True(kernels.Supports(Fused, Histories));
            _tape.PoolHistories(kernels, Fused, Histories, _output);
            Backward();
        }

        public void Dispose()
        {
            _arena.Dispose();
            Store.Dispose();
            foreach (var buffer in _integers)
            {
                buffer.Dispose();
            }
        }

        private void Backward()
        {
            if (_tape.Records)
            {
                // Recorded last, so it runs first: the gradient that flows in.
                _tape.Record(() => _arena.Device.Upload<float>(_outputGradient, _output.Gradient.Address - (Gap * sizeof(float))));
                _tape.Backward();
            }
        }

        private FieldLookup Lookup(Device device, System.Random random, Parameter table, bool isMultiValued)
        {
            int[] offsets = [0, .. Enumerable.Range(0, Entities).Select(_ => random.Next(4))];
            for (var i = 1; i < offsets.Length; i++)
            {
                offsets[i] += offsets[i - 1];
            }

            var values = Enumerable.Range(0, isMultiValued ? offsets[^1] : Entities).Select(_ => random.Next(table.Rows)).ToArray();
            return new FieldLookup(
                table.Tensor.Value,
                table.Tensor.Gradient,
                Upload(device, values),
                isMultiValued ? Upload(device, offsets) : IntegerArray.None,
                FirstOnly: isMultiValued);
        }

        private IntegerArray Upload(Device device, int[] values)
        {
            var buffer = new DeviceBuffer<int>(device, values, "parity");
            _integers.Add(buffer);
            return new IntegerArray(buffer.Address, values.Length);
        }
    }
}
