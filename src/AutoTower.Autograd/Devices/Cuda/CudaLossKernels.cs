using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Kernels.Launch;

namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>Launches of item_frequencies.cu, batch_softmax.cu and frobenius.cu, and the products around the softmax.</summary>
internal sealed class CudaLossKernels(CudaEngine engine) : ILossKernels
{
    private const int Threads = 256;
    private const int OccurrencesPerBlock = 32;
    private const int MostNormBlocks = 256;
    private const int ElementsPerThread = 4;

    /// <summary>Most scores, in bytes, that are held at once where nobody keeps the probabilities.</summary>
    private const long ScoreBytes = 64L << 20;

    private readonly CudaKernel _updateFrequencies = engine.Kernel("item_frequencies.cu", "item_frequencies_update");
    private readonly CudaKernel _softmaxForward = engine.Kernel("batch_softmax.cu", "batch_softmax_forward");
    private readonly CudaKernel _softmaxBackward = engine.Kernel("batch_softmax.cu", "batch_softmax_backward");
    private readonly CudaKernel _frobeniusForward = engine.Kernel("frobenius.cu", "frobenius_forward");
    private readonly CudaKernel _frobeniusBackward = engine.Kernel("frobenius.cu", "frobenius_backward");

    public void UpdateItemFrequencies(ItemFrequencies frequencies, IntegerArray items, IntegerArray clock, Matrix logProbability)
    {
        Shape.Require(logProbability, 1, items.Length);
        Shape.Require(frequencies.Interval, 1, frequencies.LastSeen.Length);
        var scratch = engine.Scratch.Reserve((long)items.Length * sizeof(float));
        var arguments = new KernelArguments();
        arguments.Add(frequencies.LastSeen.Address).Add(frequencies.Interval.Address).Add(frequencies.Rate).Add(items).Add(clock.Address)
            .Add(logProbability.Address).Add(scratch).Add(engine.Counters.Address);
        engine.LaunchBeside(_updateFrequencies, Dim3.Cover(items.Length, OccurrencesPerBlock), Threads, 0, arguments);
    }

    public void BatchSoftmaxForward(
        Matrix users, Matrix items, Matrix logProbability, Matrix rewards, float temperature, Matrix probabilities, Matrix loss)
    {
        var batch = users.Rows;
        Shape.Require(items, batch, users.Columns);
        Shape.RequireIfPresent(logProbability, 1, batch);
        Shape.RequireIfPresent(rewards, 1, batch);
        Shape.RequireIfPresent(probabilities, batch, batch);
        Shape.Require(loss, 1, 1);
        var keep = !probabilities.IsAbsent;
        var rowsAtOnce = keep ? batch : (int)Math.Clamp(ScoreBytes / sizeof(float) / batch, 1, batch);
        var termBytes = (long)batch * sizeof(double);
        var terms = engine.Scratch.Reserve(termBytes + (keep ? 0 : (long)rowsAtOnce * batch * sizeof(float)));
        for (var first = 0; first < batch; first += rowsAtOnce)
        {
            var rows = Math.Min(rowsAtOnce, batch - first);
            var scores = keep ? probabilities : new Matrix(terms + (nint)termBytes, rows, batch);
            engine.Blas.WriteProductWithTransposed(users.SliceRows(first, rows), items, scores);
            engine.Launch(
                _softmaxForward,
                rows,
                Threads,
                0,
                scores,
                first,
                logProbability.Address,
                rewards.Address,
                temperature,
                keep ? 1 : 0,
                terms,
                loss.Address,
                engine.Counters.Address);
        }
    }

    public void BatchSoftmaxBackward(
        Matrix users, Matrix items, Matrix rewards, float temperature, Matrix probabilities, Matrix dUsers, Matrix dItems)
    {
        var (batch, width) = (users.Rows, users.Columns);
        Shape.Require(items, batch, width);
        Shape.RequireIfPresent(rewards, 1, batch);
        Shape.Require(probabilities, batch, batch);
        Shape.Require(dUsers, batch, width);
        Shape.Require(dItems, batch, width);
        engine.Launch(_softmaxBackward, batch, Threads, 0, probabilities, rewards.Address, temperature);
        engine.Blas.AddProduct(probabilities, items, dUsers);
        engine.Blas.AddTransposedProduct(probabilities, users, dItems);
    }

    public void FrobeniusForward(Matrix x, float coefficient, Matrix norm, Matrix loss)
    {
        Shape.Require(norm, 1, 1);
        Shape.Require(loss, 1, 1);
        var rows = Math.Max((x.Rows + MostNormBlocks - 1) / MostNormBlocks, RowBlocks.RowsPerBlock(x.Columns, Threads));
        var blocks = Dim3.Cover(x.Rows, rows);
        var partials = engine.Scratch.Reserve((long)blocks.X * sizeof(double));
        engine.Launch(
            _frobeniusForward, blocks, Threads, 0, x, coefficient, rows, norm.Address, loss.Address, partials, engine.Counters.Address);
    }

    public void FrobeniusBackward(Matrix x, float coefficient, Matrix norm, Matrix dx)
    {
        Shape.Require(norm, 1, 1);
        Shape.Require(dx, x.Rows, x.Columns);
        var rows = RowBlocks.RowsPerBlock(x.Columns, Threads * ElementsPerThread);
        engine.Launch(_frobeniusBackward, Dim3.Cover(x.Rows, rows), Threads, 0, x, coefficient, norm.Address, rows, dx);
    }
}
