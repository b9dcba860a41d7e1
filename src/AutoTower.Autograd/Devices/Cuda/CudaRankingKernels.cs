using AutoTower.Autograd.Devices.Cuda.Ranking;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Kernels;
using AutoTower.Kernels.Launch;

namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>
/// Exact top-K: candidates come from screening on tensor cores (many queries) or from streaming exact scores (few queries), are thinned out
/// after each round, and what is left is scored exactly. Many queries of few items take one launch for all that. See kernels/topk_*.cu.
/// </summary>
internal sealed class CudaRankingKernels : IRankingKernels
{
    private const int WarpThreads = 32;
    private const int PrepareThreads = 256;
    private const int ScreenLanes = 8; // SCREEN_LANES in common/screening.cuh
    private const int ScreenThreads = 512;
    private const int ScreenSharedBytes = 2 * StageBytes;
    private const int StageBytes = 32768;
    private const int StreamThreads = 128;
    private const int StreamTileItems = 32;
    private const int StreamSharedBytes = StreamThreads / WarpThreads * 18432;
    private const int StreamQueries = 8;
    private const int FinishThreads = 128;
    private const int ExhaustiveThreads = 256;
    private const int FusedThreads = 512;
    private const int KeyBytes = 8;
    private const int FewKeys = 256; // FEW in topk_select.cu

    /// <summary>Most memory of the lists of the queries that are searched at once.</summary>
    private const long ListBytes = 256 << 20;

    private static readonly ComputeCapability s_tensorCores = new(8, 0);
    private static readonly int[] s_depths = [32, 64, 128, 256];
    private static readonly int[] s_fusedDepths = [32, 64];
    private static readonly int[] s_fusedQueries = [16, 48]; // of a block
    private static readonly int[] s_listLengths = [1024, 2048, 4096, 8192];

    private readonly CudaEngine _engine;
    private readonly CudaKernel _measureItems;
    private readonly CudaKernel _prepareItems;
    private readonly CudaKernel _prepareQueries;
    private readonly CudaKernel _beginQueries;
    private readonly CudaKernel[] _screen;
    private readonly CudaKernel _streamOne;
    private readonly CudaKernel _streamEight;
    private readonly int _streamOneBlocks; // a multiprocessor runs at once
    private readonly int _streamEightBlocks;
    private readonly CudaKernel[] _select;
    private readonly CudaKernel _finish;
    private readonly CudaKernel _exhaustive;
    private readonly CudaKernel[,] _fused; // by depth and queries of a block
    private readonly bool _canFuse;

    /// <summary>True for a kernel source that this family alone uses.</summary>
    public static bool Owns(string file) => file.StartsWith("topk_", StringComparison.Ordinal);

    /// <summary>Whether a device with these options ranks by this family.</summary>
    public static bool IsWanted(CudaContext context, CudaDeviceOptions options) =>
        options.ScreenRanking ?? context.ComputeCapability >= s_tensorCores;

    public CudaRankingKernels(CudaEngine engine)
    {
        _engine = engine;
        _measureItems = engine.Kernel("topk_prepare.cu", "topk_measure_items");
        _prepareItems = engine.Kernel("topk_prepare.cu", "topk_prepare_items");
        _prepareQueries = engine.Kernel("topk_prepare.cu", "topk_prepare_queries");
        _beginQueries = engine.Kernel("topk_prepare.cu", "topk_begin_queries");
        _screen = [.. s_depths.Select(depth => engine.Kernel("topk_screen.cu", $"topk_screen_{depth}"))];
        _streamOne = engine.Kernel("topk_stream.cu", "topk_stream_1");
        _streamEight = engine.Kernel("topk_stream.cu", "topk_stream_8");
        _select = [.. s_listLengths.Select(length => engine.Kernel("topk_select.cu", $"topk_select_{length}"))];
        _finish = engine.Kernel("topk_select.cu", "topk_finish");
        _exhaustive = engine.Kernel("topk_exhaustive.cu", "topk_exhaustive");
        _fused = new CudaKernel[s_fusedDepths.Length, s_fusedQueries.Length];
        CanScreen = engine.Context.ComputeCapability >= s_tensorCores
            && engine.Context.MaxSharedMemoryPerBlock >= ScreenSharedBytes + _screen[0].StaticSharedBytes;
        if (CanScreen)
        {
            foreach (var kernel in _screen)
            {
                kernel.AllowDynamicSharedMemory(ScreenSharedBytes);
            }

            _canFuse = LoadFused();
        }

        _streamOne.AllowDynamicSharedMemory(StreamSharedBytes);
        _streamEight.AllowDynamicSharedMemory(StreamSharedBytes);
        _streamOneBlocks = Math.Max(1, _streamOne.MaxActiveBlocksPerMultiprocessor(StreamThreads, StreamSharedBytes));
        _streamEightBlocks = Math.Max(1, _streamEight.MaxActiveBlocksPerMultiprocessor(StreamThreads, StreamSharedBytes));
        _finish.AllowDynamicSharedMemory(TopKPlan.LargestCapacity * KeyBytes);
    }

    /// <summary>Whether the GPU has the tensor cores and the shared memory that screening takes.</summary>
    public bool CanScreen { get; }

    public PreparedItems Prepare(ItemTable items)
    {
        items.RequireConsistent();
        if (!CanScreen || items.Rows == 0)
        {
            return new CudaPreparedItems(items);
        }

        var depth = s_depths.First(depth => depth >= items.Columns);
        var prepared = new CudaPreparedItems(items, _engine.Pool, depth, StageBytes / 2 / depth);
        prepared.Bounds.Clear(_engine.Stream);
        var blocks = _engine.Blocks(prepared.PaddedRows, PrepareThreads / WarpThreads);
        var measured = new KernelArguments();
        measured.Add(new ItemsArgument(items)).Add(prepared.Bounds);
        _engine.Launch(_measureItems, blocks, PrepareThreads, 0, measured);
        var arguments = new KernelArguments();
        arguments.Add(new ItemsArgument(items)).Add(prepared.Screen).Add(prepared.Bias).Add(prepared.Bounds)
            .Add(prepared.PaddedRows).Add(depth);
        _engine.Launch(_prepareItems, blocks, PrepareThreads, 0, arguments);
        return prepared;
    }

    public void TopK(Matrix queries, PreparedItems items, Exclusions exclusions, int k, IntegerArray indices, Matrix scores)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, IRankingKernels.LargestK);
        Shape.Require(queries, queries.Rows, items.Table.Columns);
        Shape.Require(indices, queries.Rows * k);
        Shape.Require(scores, queries.Rows, k);
        var prepared = items as CudaPreparedItems
            ?? throw new ArgumentException("These items were prepared by another device.", nameof(items));
        var screened = prepared.IsScreened && queries.Rows > StreamQueries;
        if (screened && _canFuse && s_fusedDepths.Contains(prepared.Depth) && TopKPlan.FitsOneLaunch(prepared.Table.Rows, k))
        {
            Fused(queries, prepared, exclusions, k, indices, scores);
            return;
        }

        var plan = Plan(prepared, screened, exclusions, queries.Rows, k);
        var atOnce = (int)Math.Min(queries.Rows, ListBytes / (plan.Capacity * KeyBytes));
        for (var first = 0; first < queries.Rows; first += atOnce)
        {
            var count = Math.Min(atOnce, queries.Rows - first);
            var search = new Search(
                queries.SliceRows(first, count),
                prepared,
                new ExclusionsArgument(
                    exclusions.Offsets.IsAbsent ? 0 : exclusions.Offsets.Address + (nint)first * sizeof(int), exclusions.Items.Address),
                k,
                indices.Slice(first * k, count * k),
                scores.SliceRows(first, count),
                plan);
            Run(search, screened);
        }
    }

    // Whether blocks may have the shared memory.
    private bool LoadFused()
    {
        for (var depth = 0; depth < s_fusedDepths.Length; depth++)
        {
            for (var size = 0; size < s_fusedQueries.Length; size++)
            {
                var kernel = _engine.Kernel("topk_fused.cu", $"topk_fused_{s_fusedDepths[depth]}_{s_fusedQueries[size]}");
                var bytes = FusedSharedBytes(s_fusedDepths[depth], s_fusedQueries[size]);
                if (bytes + kernel.StaticSharedBytes > _engine.Context.MaxSharedMemoryPerBlock)
                {
                    return false;
                }

                kernel.AllowDynamicSharedMemory(bytes);
                _fused[depth, size] = kernel;
            }
        }

        return true;
    }

    private void Fused(Matrix queries, CudaPreparedItems items, Exclusions exclusions, int k, IntegerArray indices, Matrix scores)
    {
        // Every block reads all items, so few blocks of many queries are best where they keep all multiprocessors busy.
        var size = queries.Rows > s_fusedQueries[0] * _engine.Context.MultiprocessorCount ? 1 : 0;
        var group = s_fusedQueries[size];
        var arguments = new KernelArguments();
        arguments.Add(queries.Address).Add(queries.Stride).Add(queries.Rows).Add(new ItemsArgument(items.Table)).Add(items.Screen).Add(items.Bias)
            .Add(items.Bounds).Add(items.Table.Bias.IsAbsent ? 0 : 1)
            .Add(new ExclusionsArgument(exclusions.Offsets.IsAbsent ? 0 : exclusions.Offsets.Address, exclusions.Items.Address))
            .Add(k).Add(indices.Address).Add(scores.Address).Add(scores.Stride);
        _engine.Launch(
            _fused[Array.IndexOf(s_fusedDepths, items.Depth), size], (queries.Rows + group - 1) / group, FusedThreads,
            FusedSharedBytes(items.Depth, group), arguments);
    }

    // Vectors and lists of a block's queries and RANKING_BYTES of topk_fused.cu.
    private static int FusedSharedBytes(int depth, int queries) =>
        (queries * ((depth * sizeof(float)) + (TopKPlan.FusedCapacity * sizeof(ushort))))
        + (FusedThreads / WarpThreads * ((TopKPlan.FusedCapacity * KeyBytes) + (WarpThreads * 272)));

    private static TopKPlan Plan(CudaPreparedItems items, bool screened, Exclusions exclusions, int queries, int k)
    {
        var rows = Math.Max(1, items.Table.Rows);
        if (!screened)
        {
            return TopKPlan.Create(rows, StreamTileItems, TopKPlan.LargestCapacity, k);
        }

        // A set's largest estimate may be an excluded item's, so limits come from maxima where nothing is excluded.
        var setItems = exclusions.Offsets.IsAbsent ? SetItems(items.Depth) : 0;
        var excluded = exclusions.Offsets.IsAbsent ? 0 : exclusions.Items.Length / queries;
        return TopKPlan.Create(rows, items.TileItems, TopKPlan.ScreeningCapacity(k, excluded), TopKPlan.KeptByScreening * k, setItems);
    }

    private void Run(Search search, bool screened)
    {
        var (queries, items, plan) = (search.Queries, search.Items, search.Plan);
        var group = screened ? QueriesAGroup(items.Depth) : StreamQueries;
        var groups = (queries.Rows + group - 1) / group;
        var padded = screened ? groups * group : 0;
        var workspace = new Workspace(queries.Rows, padded, items.Depth, plan.Capacity);
        workspace.Place(_engine.Scratch.Reserve(workspace.Bytes));
        var lists = new ListsArgument(
            workspace.Candidates, workspace.Counts, workspace.Limits, screened ? workspace.Margins : 0, plan.Capacity);
        if (screened)
        {
            PrepareQueries(search, workspace, padded);
        }
        else
        {
            _engine.Launch(
                _beginQueries, (queries.Rows + PrepareThreads - 1) / PrepareThreads, PrepareThreads, 0,
                workspace.Counts, workspace.Limits, queries.Rows, workspace.Overflowed);
        }

        if (plan.SampleEnd > 0)
        {
            Screen(search, workspace, lists, 0, plan.SampleEnd, groups, ScreenMode.Maxima);
            Select(search, lists, plan.SampleEnd * plan.TileItems / SetItems(items.Depth), isOfMaxima: true);
        }

        var start = 0;
        foreach (var end in plan.RoundEnds)
        {
            var isDense = start == 0 && plan.SampleEnd == 0;
            if (screened)
            {
                Screen(search, workspace, lists, start, end, groups, isDense ? ScreenMode.EveryEstimate : ScreenMode.Candidates);
            }
            else
            {
                Stream(search, lists, start, end, groups);
            }

            if (end < plan.TileCount || plan.EndsWithSelection)
            {
                Select(search, lists, isDense ? end * plan.TileItems : 0);
            }

            start = end;
        }

        Finish(search, workspace, lists);
    }

    private void PrepareQueries(Search search, Workspace workspace, int padded)
    {
        var queries = search.Queries;
        var arguments = new KernelArguments();
        arguments.Add(queries.Address).Add(queries.Rows).Add(queries.Columns).Add(queries.Stride).Add(search.Items.Bounds)
            .Add(workspace.Screen).Add(workspace.Scales).Add(workspace.Margins).Add(workspace.Counts).Add(workspace.Limits).Add(workspace.Overflowed)
            .Add(padded).Add(search.Items.Depth);
        _engine.Launch(_prepareQueries, padded * ScreenLanes / PrepareThreads, PrepareThreads, 0, arguments);
    }

    private void Screen(Search search, Workspace workspace, ListsArgument lists, int start, int end, int groups, ScreenMode mode)
    {
        var (items, plan) = (search.Items, search.Plan);
        var length = TopKPlan.PositionsABlock(groups, end - start, _engine.Context.MultiprocessorCount);
        var arguments = new KernelArguments();
        arguments.Add(workspace.Screen).Add(items.Screen).Add(items.Bias).Add(workspace.Scales).Add(items.Table.Bias.IsAbsent ? 0 : 1).Add(lists).Add(search.Queries.Rows).Add(items.Table.Rows)
            .Add(start).Add(end).Add(length).Add(plan.TileStep).Add(plan.TileCount).Add(groups).Add((int)mode);
        _engine.Launch(
            _screen[Array.IndexOf(s_depths, items.Depth)], groups * ((end - start + length - 1) / length), ScreenThreads, ScreenSharedBytes,
            arguments, dependent: true);
    }

    private void Stream(Search search, ListsArgument lists, int start, int end, int groups)
    {
        var (queries, plan) = (search.Queries, search.Plan);
        var kernel = queries.Rows == 1 ? _streamOne : _streamEight;
        var blocks = Math.Max(1, _engine.Context.MultiprocessorCount * (queries.Rows == 1 ? _streamOneBlocks : _streamEightBlocks) / groups);
        var warps = StreamThreads / WarpThreads;
        var arguments = new KernelArguments();
        arguments.Add(queries.Address).Add(queries.Stride).Add(queries.Rows).Add(new ItemsArgument(search.Items.Table)).Add(lists)
            .Add(start).Add(end).Add(plan.TileStep).Add(plan.TileCount).Add(start == 0 ? 1 : 0);
        _engine.Launch(
            kernel, new Dim3(Math.Min(blocks, (end - start + warps - 1) / warps), groups), StreamThreads, StreamSharedBytes, arguments, dependent: true);
    }

    private void Select(Search search, ListsArgument lists, int dense, bool isOfMaxima = false)
    {
        var size = System.Numerics.BitOperations.Log2((uint)search.Plan.Capacity / TopKPlan.SmallestCapacity);
        var (blocks, threads) = size == 0 ? ((search.Queries.Rows + 3) / 4, 128) : (search.Queries.Rows, WarpThreads << size);
        var arguments = new KernelArguments();
        arguments.Add(lists).Add(search.Exclusions).Add(search.Queries.Rows).Add(search.Items.Table.Rows).Add(search.K).Add(dense).Add(isOfMaxima ? 1 : 0);
        _engine.Launch(_select[size], blocks, threads, 0, arguments, dependent: true);
    }

    private void Finish(Search search, Workspace workspace, ListsArgument lists)
    {
        var (queries, table, scores) = (search.Queries, new ItemsArgument(search.Items.Table), search.Scores);
        // What is left of a list is a little more than k.
        var sharedKeys = 2 * search.K <= FewKeys ? FewKeys : search.Plan.Capacity;
        var arguments = new KernelArguments();
        arguments.Add(queries.Address).Add(queries.Stride).Add(table).Add(lists).Add(search.K).Add(search.Indices.Address)
            .Add(scores.Address).Add(scores.Stride).Add(workspace.Overflowed).Add(sharedKeys);
        _engine.Launch(_finish, queries.Rows, FinishThreads, sharedKeys * KeyBytes, arguments, dependent: true);
        var rest = new KernelArguments();
        rest.Add(queries.Address).Add(queries.Stride).Add(table).Add(search.Exclusions).Add(search.K).Add(search.Indices.Address)
            .Add(scores.Address).Add(scores.Stride).Add(workspace.Overflowed);
        _engine.Launch(_exhaustive, Math.Min(queries.Rows, 4 * _engine.Context.MultiprocessorCount), ExhaustiveThreads, 0, rest, dependent: true);
    }

    private static int QueriesAGroup(int depth) => depth == 256 ? 128 : 256;

    // SET_ITEMS in topk_screen.cu.
    private static int SetItems(int depth) => depth == 128 ? 4 : 8;

    /// <summary>What screening writes; the values are those of topk_screen.cu.</summary>
    private enum ScreenMode
    {
        Candidates = 0,
        EveryEstimate = 1,
        Maxima = 2,
    }

    private sealed record Search(
        Matrix Queries, CudaPreparedItems Items, ExclusionsArgument Exclusions, int K, IntegerArray Indices, Matrix Scores, TopKPlan Plan);

    /// <summary>The scratch memory of a search: each array at a multiple of 256 bytes.</summary>
    private sealed class Workspace(int queries, int paddedQueries, int depth, int capacity)
    {
        private const int Alignment = 256;

        public long Bytes =>
            Room((long)queries * capacity * KeyBytes) + 3 * Room(queries * sizeof(int)) + Room((queries + 1L) * sizeof(int))
            + Room((long)paddedQueries * depth * sizeof(ushort)) + Room(paddedQueries * sizeof(float));

        public nint Candidates { get; private set; }

        public nint Counts { get; private set; }

        public nint Limits { get; private set; }

        public nint Margins { get; private set; }

        public nint Overflowed { get; private set; }

        public nint Screen { get; private set; }

        public nint Scales { get; private set; }

        public void Place(nint address)
        {
            Candidates = address;
            Counts = Candidates + (nint)Room((long)queries * capacity * KeyBytes);
            Limits = Counts + (nint)Room(queries * sizeof(int));
            Margins = Limits + (nint)Room(queries * sizeof(int));
            Overflowed = Margins + (nint)Room(queries * sizeof(int));
            Screen = Overflowed + (nint)Room((queries + 1L) * sizeof(int));
            Scales = Screen + (nint)Room((long)paddedQueries * depth * sizeof(ushort));
        }

        private static long Room(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;
    }
}
