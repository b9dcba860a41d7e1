using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Memory;
using AutoTower.Search.Retrieval;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;

namespace AutoTower.Search.Evaluation;

/// <summary>Full ranking of all items for every test user by inner product (SPEC.md, Evaluation).</summary>
public static class FullRanking
{
    private const int ChunkSize = 1024;

    /// <summary>The cut-offs that are always reported.</summary>
    public static IReadOnlyList<int> Cutoffs { get; } = [1, 5, 10, 50, 100];

    /// <summary>Ranks with the weights and running statistics that <paramref name="model"/> has now. Waits for the device.</summary>
    /// <param name="model">The model.</param>
    /// <param name="architecture">The path to use.</param>
    /// <param name="queries">Whose histories, what is excluded, what is to be found.</param>
    /// <param name="protocol">The protocol the queries were made for.</param>
    public static RankingMetrics Evaluate(TwoTowerModel model, Architecture architecture, RankingQueries queries, EvaluationProtocol protocol)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(queries);
        var device = model.Device;
        var depth = Math.Min(Cutoffs[^1], model.Data.Dataset.Items.Count - 1);
        var accumulator = new MetricAccumulator(protocol, Cutoffs);
        using var arena = new Arena(device, "full ranking");
        using var items = TowerVectors.Items(model, architecture);
        using var retrieval = new RetrievalIndex(
            device, new ItemTable(new Matrix(items.Address, model.Data.Dataset.Items.Count - 1, model.Shape.OutputWidth)));
        using var batchMemory = new DeviceBatch(device, ChunkSize, model.Shape.HistoryLength);
        var ranked = new int[ChunkSize * depth];
        for (var first = 0; first < queries.Count; first += ChunkSize)
        {
            var count = Math.Min(ChunkSize, queries.Count - first);
            arena.Reset();
            var batch = batchMemory.Arrays(count);
            device.Batches.Assemble(model.Data.Interactions, arena.NewIntegers(queries.Interactions.AsSpan(first, count)), batch);
            var users = model.Users(new Tape(arena, ForwardMode.Inference), architecture, batch).Representation;
            var indices = arena.NewIntegers(count * depth);
            retrieval.Search(users.Value, Exclusions(arena, queries, first, count), depth, indices, arena.NewMatrix(count, depth));
            device.Download(indices.Address, ranked.AsSpan(0, count * depth));
            for (var i = 0; i < count; i++)
            {
                var list = ranked.AsSpan(i * depth, depth);
                foreach (ref var index in list)
                {
                    index = index < 0 ? -1 : index + 1;
                }

                accumulator.Add(list, queries.Relevant[first + i]);
            }
        }

        return accumulator.ToMetrics();
    }

    private static Exclusions Exclusions(Arena arena, RankingQueries queries, int first, int count)
    {
        var start = queries.ExclusionOffsets[first];
        var offsets = new int[count + 1];
        for (var i = 0; i <= count; i++)
        {
            offsets[i] = queries.ExclusionOffsets[first + i] - start;
        }

        var rows = queries.ExcludedItems.AsSpan(start, offsets[count]).ToArray();
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i]--;
        }

        return new Exclusions(arena.NewIntegers(offsets), arena.NewIntegers(rows));
    }
}
