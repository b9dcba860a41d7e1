using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Kernels;
using AutoTower.Kernels.Launch;

namespace AutoTower.Autograd.Devices.Cuda.Histories;

/// <summary>Launches of history_sum.cu, history_self_attentive.cu and history_self_attention.cu.</summary>
internal sealed class CudaHistoryKernels : IHistoryKernels
{
    private const int Threads = 256;

    /// <summary>Blocks that a multiprocessor should hold at once; the kernels' registers allow as many.</summary>
    private const int BlocksPerMultiprocessor = 2;
    private const int MostExamples = 8;

    /// <summary>Of each block's shared memory, kept by the system.</summary>
    private const int ReservedBytes = 1024;
    private readonly CudaEngine _engine;
    private readonly Pair _sum;
    private readonly Pair _selfAttentive;
    private readonly Pair _selfAttention;

    public CudaHistoryKernels(CudaEngine engine)
    {
        _engine = engine;
        var suffix = engine.Options.Precision == Precision.Tf32 ? "_tf32" : string.Empty;
        _sum = Kernels("history_sum", string.Empty);
        _selfAttentive = Kernels("history_self_attentive", suffix);
        _selfAttention = Kernels("history_self_attention", suffix);
    }

    /// <summary>The kernels multiply on tensor cores, which take tf32 from capability 8.0 on, and add gradients up by atomic additions.</summary>
    public static bool IsSupported(CudaContext context, CudaDeviceOptions options) =>
        options.FuseTowers && context.ComputeCapability >= new ComputeCapability(8, 0) && !options.Deterministic;

    /// <summary>True for a kernel source that this family alone uses.</summary>
    public static bool Owns(string file) => file.StartsWith("history_", StringComparison.Ordinal);

    public bool Supports(HistoryPooling pooling, HistoryInputs histories)
    {
        foreach (ref readonly var field in histories.Fields.AsSpan())
        {
            var table = field.Table;
            if (table.Address % 16 != 0 || table.Stride % 4 != 0 || table.Columns % 4 != 0 || !(field.Offsets.IsAbsent || field.FirstOnly))
            {
                return false;
            }
        }

        return histories.Fields.Length <= EmbeddingFields.Most && histories.Width <= Threads
            && Memory(pooling, histories).LeastBytes(backward: true) <= MostBytes(KernelsOf(pooling.Kind).Backward);
    }

    public void Forward(HistoryBatch batch)
    {
        var memory = Memory(batch.Pooling, batch.Histories);
        var launch = Describe(batch, memory, backward: false);
        var sharedBytes = memory.Bytes(launch.Examples, backward: false, launch.Panel);
        _engine.LaunchBeside(KernelsOf(batch.Pooling.Kind).Forward, Grid(launch), Threads, sharedBytes, in launch);
    }

    public void Backward(HistoryBatch batch)
    {
        var memory = Memory(batch.Pooling, batch.Histories);
        var launch = Describe(batch, memory, backward: true);
        var room = memory.ScatterFloats(launch.Examples);
        launch.Fields = default;
        var column = 0;
        foreach (ref readonly var field in batch.Histories.Fields.AsSpan())
        {
            launch.Fields.Add(field, column, launch.Fields.FitsBesideSmall(field, room));
            column += field.Table.Columns;
        }

        launch.Copies = launch.Fields.Copies(Threads / launch.Width, room);
        var sharedBytes = memory.Bytes(launch.Examples, backward: true, launch.Panel);
        if (batch.Pooling.Kind is HistoryPoolingKind.Sum or HistoryPoolingKind.Average)
        {
            sharedBytes += launch.Copies * launch.Fields.Sums * sizeof(float);
        }

        _engine.LaunchBeside(KernelsOf(batch.Pooling.Kind).Backward, Grid(launch), Threads, sharedBytes, in launch);
    }

    private static HistoryMemory Memory(HistoryPooling pooling, HistoryInputs histories) =>
        new(pooling.Kind, histories.Length, histories.Width, histories.Fields.Length);

    private static Dim3 Grid(in HistoryLaunch launch) => Dim3.Cover(launch.Batch, launch.Examples);

    private int MostBytes(CudaKernel kernel) => _engine.Context.MaxSharedMemoryPerBlock - kernel.StaticSharedBytes;

    private Pair KernelsOf(HistoryPoolingKind kind) => kind switch
    {
        HistoryPoolingKind.SelfAttention => _selfAttention,
        HistoryPoolingKind.SelfAttentive => _selfAttentive,
        _ => _sum,
    };

    private Pair Kernels(string name, string suffix)
    {
        return new Pair(Kernel("forward"), Kernel("backward"));

        CudaKernel Kernel(string direction) => _engine.KernelOfAnySharedMemory(name + ".cu", $"{name}_{direction}{suffix}");
    }

    private HistoryLaunch Describe(HistoryBatch batch, HistoryMemory memory, bool backward)
    {
        var (pooling, histories) = (batch.Pooling, batch.Histories);
        var kernels = KernelsOf(pooling.Kind);
        var examples = Examples(histories.Lengths.Length, memory, backward);
        Shape.Require(batch.Output.Value, histories.Lengths.Length, histories.Width);
        Shape.RequireIfPresent(batch.Output.Gradient, histories.Lengths.Length, histories.Width);
        var launch = new HistoryLaunch
        {
            Ids = histories.Ids.Address,
            Lengths = histories.Lengths.Address,
            Output = batch.Output.Value.Address,
            OutputGradient = batch.Output.Gradient.Address,
            Position = pooling.Position?.Tensor.Value.Address ?? 0,
            PositionGradient = pooling.Position?.Tensor.Gradient.Address ?? 0,
            First = new HistoryLayer(pooling.First),
            Second = new HistoryLayer(pooling.Second),
            Third = new HistoryLayer(pooling.Third),
            Weights = batch.Weights.Address,
            Means = batch.Means.Address,
            Pooled = batch.Pooled.Address,
            Values = batch.Values.Address,
            Clock = batch.Dropout.Clock.Address,
            DropoutSeed = batch.Dropout.Seed,
            DropoutRate = batch.Dropout.Rate,
            OutputStride = batch.Output.Value.Stride,
            GradientStride = batch.Output.Gradient.Stride,
            Batch = histories.Lengths.Length,
            Length = memory.Length,
            Width = memory.Width,
            Examples = examples,
            Average = pooling.Kind == HistoryPoolingKind.Average ? 1 : 0,
            Panel = memory.Panel(examples, backward, MostBytes(backward ? kernels.Backward : kernels.Forward)),
        };
        var column = 0;
        foreach (ref readonly var field in histories.Fields.AsSpan())
        {
            launch.Fields.Add(field, column);
            column += field.Table.Columns;
        }

        return launch;
    }

    // As many examples a block as leave every multiprocessor its blocks, in number and in shared memory: weights are read, and gradients
    // added to the device's memory, once a block.
    private int Examples(int batch, HistoryMemory memory, bool backward)
    {
        var slots = BlocksPerMultiprocessor * _engine.Context.MultiprocessorCount;
        var most = Math.Clamp((batch + slots - 1) / slots, 1, MostExamples);
        var room = (_engine.Context.MaxSharedMemoryPerBlock / BlocksPerMultiprocessor) - ReservedBytes;
        while (most > 1 && memory.Bytes(most, backward, memory.Panel(most, backward, int.MaxValue)) > room)
        {
            most--;
        }

        return most;
    }

    private readonly record struct Pair(CudaKernel Forward, CudaKernel Backward);
}
