using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Kernels.Launch;

namespace AutoTower.Autograd.Devices.Cuda.Towers;

/// <summary>Launches of the batch softmax of fused towers: one without gradients, two with them.</summary>
internal sealed class TileSoftmax
{
    private const int Threads = 512;

    // Blocks of threads that share the columns of a row; each pays for reading its rows.
    private const int MostParts = 4;

    // A user or an item in fp16 pairs, in bytes (kernels/common/half_rows.cuh).
    private const int PairBytes = 256;

    // Of three, one is in use and two are on their way.
    private const int MostStages = 3;
    private readonly CudaEngine _engine;
    private readonly CudaKernel _loss;
    private readonly CudaKernel _sums;
    private readonly CudaKernel _gradients;
    private readonly int _stages = MostStages;

    public TileSoftmax(CudaEngine engine)
    {
        _engine = engine;
        var suffix = engine.Options.Precision == Precision.Tf32 ? "_tf32" : string.Empty;
        _loss = engine.KernelOfAnySharedMemory("tile_softmax.cu", "tile_softmax_loss" + suffix);
        _sums = engine.KernelOfAnySharedMemory("tile_softmax.cu", "tile_softmax_sums" + suffix);
        _gradients = engine.KernelOfAnySharedMemory("tile_softmax.cu", "tile_softmax_gradients" + suffix);
        while (_stages > 1 && TowerMemory.SoftmaxGradients(_stages) > engine.Context.MaxSharedMemoryPerBlock - _gradients.StaticSharedBytes)
        {
            _stages--;
        }
    }

    /// <summary>See <see cref="ITowerKernels.Softmax"/>.</summary>
    public void Run(SoftmaxBatch batch)
    {
        var size = batch.Users.Rows / batch.Groups;
        var tiles = batch.Groups * TowerMemory.Pieces(size, TowerMemory.TileRows);
        // Columns are divided among blocks until these fill the device.
        var parts = batch.Items.WantsGradient ? Math.Clamp(_engine.Context.MultiprocessorCount / tiles, 1, MostParts) : 1;
        var launch = new SoftmaxLaunch
        {
            Users = batch.Users.Value.Address,
            Items = batch.Items.Value.Address,
            LogProbability = batch.LogProbability.Address,
            Rewards = batch.Rewards.Address,
            UserGradients = batch.Users.Gradient.Address,
            ItemGradients = batch.Items.Gradient.Address,
            Terms = batch.Terms.Address,
            Loss = batch.Loss.Address,
            Counter = _engine.Counters.Address,
            Batch = size,
            Groups = batch.Groups,
            Parts = parts,
            Stages = _stages,
            InverseTemperature = 1 / batch.Temperature,
        };
        var sharedBytes = TowerMemory.SoftmaxSums();
        if (!batch.Items.WantsGradient)
        {
            _loss.Launch(_engine.Stream, tiles, Threads, sharedBytes, in launch);
            return;
        }

        var sumBytes = DeviceScratch.Align((long)parts * batch.Users.Rows * 2 * sizeof(float));
        var pairBytes = (long)batch.Users.Rows * PairBytes;
        launch.Sums = _engine.Scratch.Reserve(sumBytes + (2 * pairBytes));
        launch.UserPairs = launch.Sums + (nint)sumBytes;
        launch.ItemPairs = launch.UserPairs + (nint)pairBytes;
        _sums.Launch(_engine.Stream, new Dim3(tiles, parts), Threads, sharedBytes, in launch, _engine.OverlapsLaunches);
        _gradients.Launch(
            _engine.Stream, new Dim3(tiles, 2), Threads, TowerMemory.SoftmaxGradients(_stages), in launch, _engine.OverlapsLaunches);
    }
}
