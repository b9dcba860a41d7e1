using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Devices.Cuda;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Memory;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;
using AutoTower.Kernels;
using AutoTower.Search.Cost;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;

namespace AutoTower.Search.Tests.Parity;

/// <summary>
/// Holds the kernels for whole towers to the CPU device's operations: loss, gradients of inputs and of every parameter, running statistics.
/// Runs on a GPU, or on the emulator; skipped by name where there is neither.
/// </summary>
[Trait("category", "gpu")]
[Trait("kernels", "tensor-cores")]
public sealed class FusedTowerParityTests : IDisposable
{
    // Products in fp16 pairs keep 22 bits, a little less than fp32's 24; sums differ in order.
    private const double Bound = 1e-5;
    private readonly CpuDevice _cpu = new(2);
    private CudaDevice? _cuda;

    [Theory]
    [InlineData("mlp-16,mlp-32,mlp-64", "mlp-128,mlp-512,mlp-256")]
    [InlineData("sa-1,sa-4,sa-3,sa-2", "mlp-64,ew-sum,ew-avg,ew-ip,ew-max,ew-min")]
    [InlineData("sa-2,ew-ip,mlp-1024", "sa-3,ew-max,sa-1,ew-min,mlp-16")]
    [InlineData("mlp-32,sa-4,ew-avg,sa-4,ew-ip,sa-1,sa-4", "sa-4,mlp-16,ew-ip,ew-sum,ew-max,mlp-256,ew-ip")]
    public void Gradients_agree_with_the_operations_of_the_cpu_device(string user, string item)
    {
        foreach (var batch in new[] { 1, 32, 37 })
        {
            Compare(user, item, batch, new CudaDeviceOptions(), Bound);
        }
    }

    [Theory]
    [InlineData(530)]
    [InlineData(2100)] // Statistics of so many tiles are merged between stages.
    public void Wide_tiles_and_many_tiles_agree_too(int batch) =>
        Compare("mlp-16,sa-1,ew-max", "mlp-32,sa-1,ew-avg", batch, new CudaDeviceOptions(), Bound);

    // Weight gradients scale both operands for the examples that come first, with room for values some 16 times as large.
    [Fact]
    public void An_example_far_larger_than_those_before_it_agrees_too() =>
        Compare("mlp-64,sa-1", "mlp-32,ew-avg", 100, new CudaDeviceOptions(), Bound, lastExample: 100);

    // Ten bits of mantissa leave 5e-4 a product, and dividing scores by the temperature of 0.05 makes that twenty times as much.
    [Fact]
    public void Tf32_stays_within_its_bound() =>
        Compare("mlp-512,sa-1,sa-4", "mlp-128,mlp-512,sa-1", 64, new CudaDeviceOptions { Precision = Precision.Tf32 }, 1e-1);

    [Fact]
    public void Deterministic_gradients_are_the_same_bits_every_time()
    {
        var options = new CudaDeviceOptions { Deterministic = true };
        var first = Compare("mlp-64,sa-2,ew-ip", "mlp-32,ew-avg,sa-4", 200, options, Bound);
        _cuda!.Dispose();
        var second = Compare("mlp-64,sa-2,ew-ip", "mlp-32,ew-avg,sa-4", 200, options, Bound);
        Assert.Equal(first, second);
    }

    public void Dispose()
    {
        _cuda?.Dispose();
        _cpu.Dispose();
    }

    private float[] Compare(string user, string item, int batch, CudaDeviceOptions options, double bound, float lastExample = 1)
    {
        Assert.SkipUnless(CudaContext.TryProbe(out var reason), reason);
        _cuda?.Dispose();
        _cuda = new CudaDevice(options);
        Assert.SkipWhen(_cuda.Towers is null, "the device has no fused towers (compute capability below 8.0)");
        using var expected = new Sample(_cpu, user, item, batch, lastExample);
        using var actual = new Sample(_cuda, user, item, batch, lastExample);
        expected.RunOperations();
        actual.RunFused(_cuda.Towers);
        RelativeError.AssertBelow(bound, expected.Loss, actual.Loss, $"loss, batch {batch}");
        RelativeError.AssertBelow(bound, expected.UserGradient, actual.UserGradient, $"user input gradient, batch {batch}");
        RelativeError.AssertBelow(bound, expected.ItemGradient, actual.ItemGradient, $"item input gradient, batch {batch}");
        var gradients = actual.Store.Gradients.DownloadToHost();
        var reference = expected.Store.Gradients.DownloadToHost();
        RelativeError.AssertBelow(bound, reference, gradients, $"gradient, batch {batch}");
        var largest = Math.Sqrt(reference.Sum(value => (double)value * value));
        foreach (var (parameter, part) in expected.Store.NamedParts().Where(entry => !entry.Parameter.Tensor.Gradient.IsAbsent))
        {
            var first = (int)parameter.Offset;
            // A bias behind a product of seven states sums up rounding of all its factors, so single parameters get twice the bound.
            RelativeError.AssertBelow(
                2 * bound,
                reference.AsSpan(first, parameter.Count),
                gradients.AsSpan(first, parameter.Count),
                $"gradient of {part.Name}, batch {batch}",
                // A bias before batch norm has a zero gradient that rounding fills with noise; noise is measured against the whole gradient.
                floor: 1e-2 * largest);
        }

        RelativeError.AssertBelow(
            bound, expected.Store.Buffers.DownloadToHost(), actual.Store.Buffers.DownloadToHost(), $"running statistics, batch {batch}");
        return gradients;
    }

    /// <summary>Two towers over random inputs on one device; the same weights and inputs on every device.</summary>
    private sealed class Sample : IDisposable
    {
        private const int InputWidth = 112;
        private const int UserEmbeddings = 64;
        private const int ItemWidth = 36;
        private const float Temperature = 0.05f;
        private const float Regulariser = 1e-2f; // Large enough to be seen beside the softmax.
        private readonly Tower _userTower;
        private readonly Tower _itemTower;
        private readonly Architecture _architecture;
        private readonly Arena _arena;
        private readonly Tensor _user;
        private readonly Tensor _item;
        private readonly Matrix _logProbability;
        private readonly Matrix _rewards;
        private readonly Matrix _loss;
        private readonly Tape _tape;

        public Sample(Device device, string user, string item, int batch, float lastExample)
        {
            _architecture = Architecture.Parse($"pooling=sum; user={user}; item={item}");
            var space = SearchSpace.Only(_architecture);
            var shape = new ModelShape(4, 3, 3, 20);
            _userTower = new Tower(Store, "user_tower", InputWidth, space.UserChoices, shape);
            _itemTower = new Tower(Store, "item_tower", ItemWidth, space.ItemChoices, shape);
            Store.Allocate(device, seed: 5);
            _arena = new Arena(device, "parity");
            _tape = new Tape(_arena, ForwardMode.Training);
            var random = new System.Random(7);
            _user = Upload(_tape.NewTensor(batch, InputWidth), random, last: lastExample);
            _item = Upload(_tape.NewTensor(batch, ItemWidth), random, last: lastExample);
            _logProbability = Upload(_tape.NewTensor(1, batch), random).Value;
            // Weights of examples, from 0.5 to 1.5, are there in some cases.
            _rewards = batch == 32 ? Matrix.None : Upload(_tape.NewTensor(1, batch), random, 1, 0.5f).Value;
            _loss = _arena.NewMatrix(1, 1);
            device.Zero(_loss.Address, sizeof(float));
        }

        public ParameterStore Store { get; } = new();

        public float[] Loss => Download(_loss);

        public float[] UserGradient => Download(_user.Gradient);

        public float[] ItemGradient => Download(_item.Gradient);

        public void RunOperations()
        {
            var users = _userTower.Forward(_tape, _user, _architecture.User);
            var items = _itemTower.Forward(_tape, _item, _architecture.Item);
            _tape.BatchSoftmax(users, items, _logProbability, _rewards, Temperature, _loss);
            _tape.FrobeniusPenalty(_user.SliceColumns(0, UserEmbeddings), Regulariser, _loss);
            _tape.FrobeniusPenalty(_item, Regulariser, _loss);
            _tape.Backward();
        }

        public void RunFused(ITowerKernels kernels)
        {
            var user = _userTower.Fused(_architecture.User);
            var item = _itemTower.Fused(_architecture.Item);
            Assert.NotNull(user);
            Assert.NotNull(item);
            Assert.True(kernels.Supports(user) && kernels.Supports(item));
            _tape.TwoTowerLoss(
                kernels,
                new TowerInputs(user, _user, UserEmbeddings),
                new TowerInputs(item, _item, ItemWidth),
                new TwoTowerObjective(_logProbability, Temperature, Regulariser, _loss, _rewards));
            _tape.Backward();
        }

        public void Dispose()
        {
            _arena.Dispose();
            Store.Dispose();
        }

        private Tensor Upload(Tensor tensor, System.Random random, float centre = 0, float width = 1, float last = 1)
        {
            var values = new float[tensor.Value.Count];
            foreach (ref var value in values.AsSpan())
            {
                value = centre + (width * (float)((2 * random.NextDouble()) - 1));
            }

            foreach (ref var value in values.AsSpan(values.Length - tensor.Value.Columns))
            {
                value *= last;
            }

            _arena.Device.Upload<float>(values, tensor.Value.Address);
            return tensor;
        }

        private float[] Download(Matrix matrix)
        {
            var values = new float[matrix.Count];
            _arena.Device.Download(matrix.Address, values.AsSpan());
            return values;
        }
    }
}
