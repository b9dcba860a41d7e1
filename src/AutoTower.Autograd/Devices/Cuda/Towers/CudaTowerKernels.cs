using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Parameters;
using AutoTower.Kernels;
using AutoTower.Kernels.Launch;

namespace AutoTower.Autograd.Devices.Cuda.Towers;

/// <summary>
/// Launches of the fused tower kernels: all stages of both towers at once where their blocks of threads fit on the device, else a stage each;
/// then all weight gradients together.
/// </summary>
internal sealed class CudaTowerKernels : ITowerKernels
{
    private const int Threads = 512;
    private const int Width = 64;
    private const int HeadWidth = 8;
    private const int MostHidden = 1024;
    private readonly CudaEngine _engine;
    private readonly CudaKernel _forward;
    private readonly CudaKernel _forwardWide;
    private readonly CudaKernel _forwardResident;
    private readonly CudaKernel _backward;
    private readonly CudaKernel _backwardResident;
    private readonly WeightGradients _weights;
    private readonly TileSoftmax _softmax;
    private readonly int _mostSharedBytes;
    private readonly PackedWeights _packed;
    private readonly TilePartials _partials;
    private readonly TowerDescriptions _descriptions;

    public CudaTowerKernels(CudaEngine engine)
    {
        _engine = engine;
        var suffix = engine.Options.Precision == Precision.Tf32 ? "_tf32" : string.Empty;
        _forward = engine.KernelOfAnySharedMemory("towers_forward.cu", "towers_forward_16" + suffix);
        _forwardWide = engine.KernelOfAnySharedMemory("towers_forward.cu", "towers_forward_32" + suffix);
        _forwardResident = engine.KernelOfAnySharedMemory("towers_forward.cu", "towers_forward_resident" + suffix);
        _backward = engine.KernelOfAnySharedMemory("towers_backward.cu", "towers_backward_16" + suffix);
        _backwardResident = engine.KernelOfAnySharedMemory("towers_backward.cu", "towers_backward_resident" + suffix);
        // What the kernels declare themselves counts too.
        _mostSharedBytes = engine.Context.MaxSharedMemoryPerBlock
            - new[] { _forward, _forwardWide, _forwardResident, _backward, _backwardResident }.Max(kernel => kernel.StaticSharedBytes);
        _packed = new PackedWeights(engine);
        _softmax = new TileSoftmax(engine);
        _partials = new TilePartials(engine);
        _descriptions = new TowerDescriptions(engine, _partials);
        _weights = new WeightGradients(engine);
    }

    /// <summary>The kernels multiply on tensor cores in fp16 and tf32, which capability 8.0 brought.</summary>
    public static bool IsSupported(CudaContext context, CudaDeviceOptions options) =>
        options.FuseTowers && context.ComputeCapability >= new ComputeCapability(8, 0);

    /// <summary>True for a kernel source that this family alone uses.</summary>
    public static bool Owns(string file) => file is "pack_weights.cu" or "towers_merge.cu" or "towers_forward.cu" or "towers_backward.cu" or "tile_softmax.cu" or "weight_gradients.cu";

    public bool Supports(TowerPath path)
    {
        if (path.Alignment.Weight.Rows != Width || path.InputWidth % 4 != 0 || path.Blocks.Count is < 2 or > TowerLaunch.MostBlocks)
        {
            return false;
        }

        for (var stage = 0; stage < path.Blocks.Count; stage++)
        {
            var block = path.Blocks[stage];
            var fits = block.Kind switch
            {
                TowerBlockKind.Mlp => block.Parameter % 16 == 0 && block.Parameter <= MostHidden && block.First!.Weight.Columns == (stage + 1) * Width,
                TowerBlockKind.Elementwise => block.Output.Weight.Columns == Width,
                // A lane takes one head of one state.
                _ => block.First!.Weight.Columns == Width && block.First.Weight.Rows == 4 * HeadWidth * block.Parameter
                    && (stage + 1) * block.Parameter <= CudaEngine.Warp,
            };
            if (!fits || block.Output.Weight.Rows != Width
                || Math.Max(TowerMemory.Forward(path, stage, 1), TowerMemory.Backward(path, stage)) > _mostSharedBytes)
            {
                return false;
            }
        }

        return true;
    }

    public void Prepare(TowerPath user, TowerPath item, Action inputs)
    {
        _packed.Prepare([user, item]);
        _engine.Beside(inputs);
    }

    public void Forward(ReadOnlySpan<TowerActivations> towers, TowerStatistics statistics)
    {
        _packed.BeginForward(Paths(towers));
        var batch = towers[0].Batch;
        var groups = towers[0].Groups;
        var launch = new TowersLaunch
        {
            Pass = new PassLaunch
            {
                Batch = batch,
                Groups = groups,
                Inference = statistics.UseRunningStatistics ? 1 : 0,
                Cumulative = statistics.IsCumulative ? 1 : 0,
                FirstGroup = statistics.GroupsBefore,
                Momentum = statistics.Momentum,
            },
        };
        _partials.Begin(batch, groups);
        Describe(ref launch, towers, _packed.Forward);
        if (IsResident(towers, TowerMemory.ResidentForward, waits: !statistics.UseRunningStatistics, out var bytes))
        {
            var grid = new Dim3(groups * TowerMemory.Pieces(batch, TowerMemory.TileRows), towers.Length);
            LaunchResident(_forwardResident, grid, bytes, in launch, waits: !statistics.UseRunningStatistics);
            return;
        }

        // Two tiles of 16 rows share each load of a weight, once there are enough tiles to fill the device all the same.
        var isWide = (long)groups * batch * towers.Length / TowerMemory.TileRows >= 4L * _engine.Context.MultiprocessorCount;
        Span<int> written = stackalloc int[towers.Length];
        var stages = MostStages(towers);
        for (var stage = 0; stage < stages; stage++)
        {
            var rowTiles = isWide && SharedBytes(towers, stage, 2) <= _mostSharedBytes ? 2 : 1;
            var tiles = groups * TowerMemory.Pieces(batch, rowTiles * TowerMemory.TileRows);
            for (var i = 0; i < towers.Length; i++)
            {
                SetStage(ref launch, i, stage, stage < towers[i].Path.Blocks.Count);
                written[i] = stage < towers[i].Path.Blocks.Count - 1 && !statistics.UseRunningStatistics ? stage : -1;
            }

            (rowTiles == 1 ? _forward : _forwardWide).Launch(
                _engine.Stream, new Dim3(tiles, towers.Length), Threads, SharedBytes(towers, stage, rowTiles), in launch, stage > 0 && _engine.OverlapsLaunches);
            _partials.End(rowTiles * TowerMemory.TileRows, written, isForward: true);
        }
    }

    public void Backward(ReadOnlySpan<TowerActivations> towers)
    {
        _packed.BeginBackward(Paths(towers));
        var batch = towers[0].Batch;
        var grid = new Dim3(TowerMemory.Pieces(batch, TowerMemory.TileRows), towers.Length);
        var launch = new TowersLaunch { Pass = new PassLaunch { Batch = batch, Groups = 1 } };
        _partials.Begin(batch, 1);
        Describe(ref launch, towers, _packed.Backward);
        if (!IsResident(towers, TowerMemory.ResidentBackward, waits: true, out var bytes))
        {
            BackwardByStage(towers, ref launch, grid);
            _weights.Launch(towers);
            return;
        }

        Span<nint> done = stackalloc nint[towers.Length];
        for (var i = 0; i < towers.Length && _engine.OverlapsLaunches; i++)
        {
            launch.Of[i].Done = done[i] = TowerDescriptions.Done(_engine, i);
        }

        LaunchResident(_backwardResident, grid, bytes, in launch, waits: true);
        if (_engine.OverlapsLaunches)
        {
            _weights.LaunchBehind(towers, done, TowerDescriptions.DoneCounter(_engine));
        }
        else
        {
            _weights.Launch(towers);
        }
    }

    private void BackwardByStage(ReadOnlySpan<TowerActivations> towers, ref TowersLaunch launch, Dim3 grid)
    {
        Span<int> written = stackalloc int[towers.Length];
        var stages = MostStages(towers);
        for (var step = 0; step < stages; step++)
        {
            var sharedBytes = 0;
            for (var i = 0; i < towers.Length; i++)
            {
                var stage = towers[i].Path.Blocks.Count - 1 - step;
                SetStage(ref launch, i, stage, stage >= 0);
                written[i] = stage > 0 ? stage : -1;
                sharedBytes = stage >= 0 ? Math.Max(sharedBytes, TowerMemory.Backward(towers[i].Path, stage)) : sharedBytes;
            }

            _backward.Launch(_engine.Stream, grid, Threads, sharedBytes, in launch, step > 0 && _engine.OverlapsLaunches);
            _partials.End(TowerMemory.TileRows, written, isForward: false);
        }
    }

    public void Softmax(SoftmaxBatch batch)
    {
        _softmax.Run(batch);
    }

    private static int SharedBytes(ReadOnlySpan<TowerActivations> towers, int stage, int rowTiles)
    {
        var bytes = 0;
        foreach (var tower in towers)
        {
            bytes = stage < tower.Path.Blocks.Count ? Math.Max(bytes, TowerMemory.Forward(tower.Path, stage, rowTiles)) : bytes;
        }

        return bytes;
    }

    private static int MostStages(ReadOnlySpan<TowerActivations> towers)
    {
        var most = 0;
        foreach (var tower in towers)
        {
            most = Math.Max(most, tower.Path.Blocks.Count);
        }

        return most;
    }

    private static TowerPath[] Paths(ReadOnlySpan<TowerActivations> towers)
    {
        var paths = new TowerPath[towers.Length];
        for (var i = 0; i < paths.Length; i++)
        {
            paths[i] = towers[i].Path;
        }

        return paths;
    }

    private void Describe(ref TowersLaunch launch, ReadOnlySpan<TowerActivations> towers, Func<LinearLayer, nint> packed)
    {
        for (var i = 0; i < towers.Length; i++)
        {
            launch.Of[i] = _descriptions.Describe(towers[i], i, packed);
        }
    }

    // Whether one launch runs all stages, with so much shared memory: it must hold what one stage leaves for others. Blocks of threads that wait
    // for one another must all run at once, one a multiprocessor; where batch norm goes by running statistics, none waits.
    private bool IsResident(ReadOnlySpan<TowerActivations> towers, Func<TowerPath, int> sharedBytes, bool waits, out int bytes)
    {
        bytes = 0;
        foreach (var tower in towers)
        {
            bytes = Math.Max(bytes, sharedBytes(tower.Path));
        }

        var tiles = towers.Length * TowerMemory.Pieces(towers[0].Batch, TowerMemory.TileRows);
        var runsAtOnce = _engine.Context.SupportsCooperativeLaunch && towers[0].Groups == 1 && tiles <= _engine.Context.MultiprocessorCount;
        return bytes <= _mostSharedBytes && (runsAtOnce || !waits);
    }

    private void LaunchResident(CudaKernel kernel, Dim3 grid, int sharedBytes, in TowersLaunch launch, bool waits)
    {
        if (waits)
        {
            kernel.LaunchCooperative(_engine.Stream, grid, Threads, sharedBytes, in launch);
        }
        else
        {
            kernel.Launch(_engine.Stream, grid, Threads, sharedBytes, in launch);
        }
    }

    // One stage of a tower, or none.
    private void SetStage(ref TowersLaunch launch, int tower, int stage, bool isThere)
    {
        ref var own = ref launch.Of[tower];
        (own.Begin, own.End) = isThere ? (stage, stage + 1) : (0, 0);
        own.Merged = _partials.Read(tower, stage);
        launch.Pass.PreviousRows = _partials.PreviousRows;
        launch.Pass.MergedRows = _partials.MergedRows;
    }
}
