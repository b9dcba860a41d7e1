using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Memory;
using AutoTower.Search.Models;
using AutoTower.Search.Retrieval;
using AutoTower.Search.Supernet;

namespace AutoTower.Search.Evaluation;

/// <summary>
/// Full ranking of all items for every test user by inner product (SPEC.md, Evaluation), with the weights and running statistics that a model has
/// when this is created: items get their vectors once for all queries.
/// </summary>
public sealed class FullRanking : IDisposable
{
    private const int ChunkSize = 1024;
    private readonly ITwoTowerModel _model;
    private readonly DeviceBuffer<float> _items;
    private readonly RetrievalIndex _retrieval;
    private readonly DeviceBatch _batch;

    /// <summary>Computes the vectors of all items.</summary>
    /// <param name="model">The model; its weights stay as they are while this is used.</param>
    public FullRanking(ITwoTowerModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        _model = model;
        _items = TowerVectors.Items(model);
        _retrieval = new RetrievalIndex(
            model.Device, new ItemTable(new Matrix(_items.Address, model.Data.Dataset.Items.Count - 1, model.OutputWidth)));
        _batch = new DeviceBatch(model.Device, ChunkSize, model.Data.Dataset.HistoryLength);
    }

    /// <summary>The cut-offs that are always reported.</summary>
    public static IReadOnlyList<int> Cutoffs { get; } = [1, 5, 10, 50, 100];

    /// <summary>Ranks for one set of queries. Waits for the device.</summary>
    /// <param name="queries">Whose histories, what is excluded, what is to be found.</param>
    /// <param name="protocol">The protocol the queries were made for.</param>
    public RankingMetrics Evaluate(RankingQueries queries, EvaluationProtocol protocol)
    {
        ArgumentNullException.ThrowIfNull(queries);
        var device = _model.Device;
        var depth = Math.Min(Cutoffs[^1], _model.Data.Dataset.Items.Count - 1);
        var accumulator = new MetricAccumulator(protocol, Cutoffs);
        using var arena = new Arena(device, "full ranking");
        for (var first = 0; first < queries.Count; first += ChunkSize)
        {
            var count = Math.Min(ChunkSize, queries.Count - first);
            arena.Reset();
            var batch = _batch.Arrays(count);
            device.Batches.Assemble(_model.Data.Interactions, arena.NewIntegers(queries.Interactions.AsSpan(first, count)), batch);
            var vectors = _model.Users(new Tape(arena, ForwardMode.Inference), batch).Value.Reshape(count * _model.Interests, _model.OutputWidth);
            Rank(_retrieval, arena, vectors, _model.Interests, (queries, first), depth, accumulator);
        }

        return accumulator.ToMetrics();
    }

    /// <summary>Ranks vectors that are there already and adds the users to <paramref name="accumulator"/>. Waits for the device.</summary>
    /// <param name="device">Where the vectors are.</param>
    /// <param name="users">(queries, O).</param>
    /// <param name="items">(items, O): row r is item r + 1.</param>
    /// <param name="queries">Whose histories, what is excluded, what is to be found.</param>
    /// <param name="depth">Items returned to a user; fewer where there are not so many.</param>
    /// <param name="accumulator">Sums of metrics up to <paramref name="depth"/>.</param>
    public static void Accumulate(
        Device device, Matrix users, Matrix items, RankingQueries queries, int depth, MetricAccumulator accumulator)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(accumulator);
        using var arena = new Arena(device, "full ranking");
        using var retrieval = new RetrievalIndex(device, new ItemTable(items));
        for (var first = 0; first < queries.Count; first += ChunkSize)
        {
            arena.Reset();
            var chunk = users.SliceRows(first, Math.Min(ChunkSize, queries.Count - first));
            Rank(retrieval, arena, chunk, 1, (queries, first), Math.Min(depth, items.Rows), accumulator);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _batch.Dispose();
        _retrieval.Dispose();
        _items.Dispose();
    }

    // Users have as many vectors, one behind the other, as they have interests.
    private static void Rank(
        RetrievalIndex retrieval,
        Arena arena,
        Matrix vectors,
        int interests,
        (RankingQueries All, int First) queries,
        int depth,
        MetricAccumulator accumulator)
    {
        var count = vectors.Rows / interests;
        var device = retrieval.Device;
        var indices = arena.NewIntegers(vectors.Rows * depth);
        var scores = arena.NewMatrix(vectors.Rows, depth);
        retrieval.Search(vectors, Exclusions(arena, queries.All, queries.First, count, interests), depth, indices, scores);
        var lists = new TopKResult(depth, new int[vectors.Rows * depth], new float[vectors.Rows * depth]);
        device.Download(indices.Address, lists.Indices.AsSpan());
        device.Download(scores.Address, lists.Scores.AsSpan());
        var ranked = InterestMerge.Merge(lists, interests);
        for (var i = 0; i < count; i++)
        {
            var list = ranked.Indices.AsSpan(i * depth, depth);
            foreach (ref var index in list)
            {
                index = index < 0 ? -1 : index + 1;
            }

            accumulator.Add(list, queries.All.Relevant[queries.First + i]);
        }
    }

    // Each of a user's vectors is a query of its own with the same exclusions.
    private static Exclusions Exclusions(Arena arena, RankingQueries queries, int first, int count, int interests)
    {
        var offsets = new List<int> { 0 };
        var rows = new List<int>();
        for (var i = 0; i < count * interests; i++)
        {
            foreach (var item in queries.Excluded(first + (i / interests)))
            {
                rows.Add(item - 1);
            }

            offsets.Add(rows.Count);
        }

        return new Exclusions(arena.NewIntegers([.. offsets]), arena.NewIntegers([.. rows]));
    }
}
