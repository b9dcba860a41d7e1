using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Kernels.Launch;

namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>Launches of pooling_sum.cu, pooling_self_attentive.cu and pooling_self_attention.cu.</summary>
internal sealed class CudaPoolingKernels : IPoolingKernels
{
    private const int SumThreads = 256;
    private const int ExampleThreads = 128;
    private const int ExampleWarps = ExampleThreads / 32;
    private const int ElementsPerThread = 4;

    /// <summary>Queries come in groups of so many, as GROUP in pooling_self_attention.cu.</summary>
    private const int ScoreRows = 4;

    /// <summary>Blocks that leave a partial sum each for a last one to add up in order.</summary>
    private const int OrderedBlocks = 256;

    private readonly CudaEngine _engine;
    private readonly CudaKernel _sumForward;
    private readonly CudaKernel _sumBackward;
    private readonly CudaKernel _nonEmpty;
    private readonly CudaKernel _selfAttentiveForward;
    private readonly CudaKernel _selfAttentiveBackward;
    private readonly CudaKernel _selfAttentionForward;
    private readonly CudaKernel _selfAttentionBackward;

    public CudaPoolingKernels(CudaEngine engine)
    {
        _engine = engine;
        _sumForward = engine.Kernel("pooling_sum.cu", "pooling_sum_forward");
        _sumBackward = engine.Kernel("pooling_sum.cu", "pooling_sum_backward");
        _nonEmpty = engine.Kernel("pooling_sum.cu", "pooling_non_empty");
        _selfAttentiveForward = engine.Kernel("pooling_self_attentive.cu", "pooling_self_attentive_forward");
        _selfAttentiveBackward = engine.Kernel("pooling_self_attentive.cu", "pooling_self_attentive_backward");
        _selfAttentionForward = engine.Kernel("pooling_self_attention.cu", "pooling_self_attention_forward");
        _selfAttentionBackward = engine.Kernel("pooling_self_attention.cu", "pooling_self_attention_backward");
        foreach (var kernel in new[] { _selfAttentionForward, _selfAttentionBackward })
        {
            kernel.AllowDynamicSharedMemory(engine.Context.MaxSharedMemoryPerBlock);
        }
    }

    public void SumForward(Matrix x, IntegerArray lengths, bool average, Matrix y)
    {
        RequireHistories(x, lengths);
        Shape.Require(y, lengths.Length, x.Columns);
        var examples = RowBlocks.RowsPerBlock(y.Columns, SumThreads);
        _engine.Launch(_sumForward, Dim3.Cover(y.Rows, examples), SumThreads, 0, x, lengths, average ? 1 : 0, examples, y);
    }

    public void SumBackward(Matrix dy, IntegerArray lengths, bool average, Matrix dx)
    {
        RequireHistories(dx, lengths);
        Shape.Require(dy, lengths.Length, dx.Columns);
        var rows = RowBlocks.RowsPerBlock(dx.Columns, SumThreads * ElementsPerThread);
        _engine.Launch(_sumBackward, Dim3.Cover(dx.Rows, rows), SumThreads, 0, dy, lengths, average ? 1 : 0, rows, dx);
    }

    public void SelfAttentiveForward(Matrix hidden, Matrix w2, Matrix x, IntegerArray lengths, Matrix weights, Matrix y)
    {
        var length = RequireHistories(x, lengths);
        Shape.Require(hidden, x.Rows, x.Columns);
        Shape.Require(w2, 1, x.Columns);
        Shape.Require(weights, lengths.Length, length);
        Shape.Require(y, lengths.Length, x.Columns);
        var shared = sizeof(float) * ((2 * length) + (ExampleWarps * x.Columns));
        _engine.Launch(_selfAttentiveForward, lengths.Length, ExampleThreads, shared, hidden, w2, x, lengths, weights, y);
    }

    public void SelfAttentiveBackward(
        Matrix t, Matrix w2, Matrix x, IntegerArray lengths, Matrix weights, Matrix dy, Matrix dHidden, Matrix dW2, Matrix dx)
    {
        var length = RequireHistories(x, lengths);
        Shape.Require(t, x.Rows, x.Columns);
        Shape.Require(weights, lengths.Length, length);
        Shape.Require(dy, lengths.Length, x.Columns);
        Shape.Require(dHidden, x.Rows, x.Columns);
        Shape.Require(dW2, 1, x.Columns);
        Shape.RequireIfPresent(dx, x.Rows, x.Columns);
        var blocks = lengths.Length;
        nint partials = 0;
        if (_engine.Options.Deterministic)
        {
            blocks = Math.Min(blocks, OrderedBlocks);
            partials = _engine.Scratch.Reserve((long)blocks * x.Columns * sizeof(float));
        }

        var shared = sizeof(float) * (length + (ExampleWarps * x.Columns));
        _engine.Launch(
            _selfAttentiveBackward, blocks, ExampleThreads, shared, t, w2, x, lengths, weights, dy, dHidden, dW2, dx, partials, _engine.Counters.Address);
    }

    public void SelfAttentionForward(
        Matrix queryKey, Matrix x, IntegerArray lengths, Dropout dropout, Matrix weights, Matrix columnMeans, Matrix pooled, Matrix mass)
    {
        var length = RequireHistories(x, lengths);
        RequireAttention(queryKey, x, lengths, weights, columnMeans);
        Shape.Require(pooled, lengths.Length, x.Columns);
        Shape.Require(mass, lengths.Length, 1);
        var shared = SharedBytes((2L * length * PaddedWidth(x.Columns)) + (((2 * ExampleWarps) + 1) * length), x);
        _engine.Launch(
            _selfAttentionForward,
            lengths.Length,
            ExampleThreads,
            shared,
            queryKey,
            x,
            lengths,
            dropout.Rate,
            dropout.Seed,
            dropout.Clock.Address,
            weights,
            columnMeans,
            pooled,
            mass);
    }

    public void SelfAttentionBackward(
        Matrix queryKey,
        Matrix x,
        IntegerArray lengths,
        Dropout dropout,
        Matrix weights,
        Matrix columnMeans,
        Matrix dPooled,
        Matrix dMass,
        Matrix dQueryKey,
        Matrix dx)
    {
        var length = RequireHistories(x, lengths);
        RequireAttention(queryKey, x, lengths, weights, columnMeans);
        Shape.Require(dPooled, lengths.Length, x.Columns);
        Shape.Require(dMass, lengths.Length, 1);
        Shape.Require(dQueryKey, x.Rows, 2 * x.Columns);
        Shape.Require(dx, x.Rows, x.Columns);
        // Scores, and the same transposed, of as many queries as find room beside all queries, keys and gradients of means.
        var stride = (length + ScoreRows - 1) / ScoreRows * ScoreRows;
        var others = (2L * length * PaddedWidth(x.Columns)) + length;
        var room = (_engine.Context.MaxSharedMemoryPerBlock / sizeof(float)) - others;
        var rows = (int)Math.Clamp(room / (stride + length) / ScoreRows * ScoreRows, ScoreRows, stride);
        var shared = SharedBytes(others + ((long)rows * (stride + length)), x);
        _engine.Launch(
            _selfAttentionBackward,
            lengths.Length,
            ExampleThreads,
            shared,
            queryKey,
            x,
            lengths,
            dropout.Rate,
            dropout.Seed,
            dropout.Clock.Address,
            weights,
            columnMeans,
            dPooled,
            dMass,
            dQueryKey,
            dx,
            rows);
    }

    public void NonEmpty(IntegerArray lengths, Matrix y)
    {
        Shape.Require(y, lengths.Length, 1);
        _engine.Launch(_nonEmpty, Dim3.Cover(lengths.Length, SumThreads), SumThreads, 0, lengths, y);
    }

    /// <summary>L of x (B*L, d).</summary>
    private static int RequireHistories(Matrix x, IntegerArray lengths)
    {
        var length = x.Rows / lengths.Length;
        Shape.Require(x, length * lengths.Length, x.Columns);
        return length;
    }

    private static void RequireAttention(Matrix queryKey, Matrix x, IntegerArray lengths, Matrix weights, Matrix columnMeans)
    {
        var length = x.Rows / lengths.Length;
        Shape.Require(queryKey, x.Rows, 2 * x.Columns);
        Shape.Require(weights, lengths.Length, length * length);
        Shape.Require(columnMeans, lengths.Length, length);
    }

    /// <summary>Floats from one row of queries or keys to the next in shared memory, as padded_width in pooling_self_attention.cu.</summary>
    private static int PaddedWidth(int width) => 4 * (((width + 3) / 4) | 1);

    private int SharedBytes(long floats, Matrix x)
    {
        var bytes = floats * sizeof(float);
        var most = _engine.Context.MaxSharedMemoryPerBlock;
        return bytes <= most
            ? (int)bytes
            : throw new ArgumentException(
                $"Self-attention pooling of histories {x.Columns} wide needs {bytes:N0} bytes of shared memory, {_engine.Context.Name} has {most:N0}; shorter histories need less.");
    }
}
