using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Tests.Devices;

/// <summary>
/// Queries and items on the host with the brute-force answer. The order is defined over float32 scores, so the reference forms those by
/// the documented chain and orders them; that they are close to the sums in double is checked on the way.
/// </summary>
internal sealed class RankingProblem
{
    private static readonly float[] s_special = [0, -0f, 1, -1, 2, float.NaN, float.PositiveInfinity, float.NegativeInfinity];

    private readonly System.Random _random;
    private readonly int _width;
    private bool[]? _allowed;
    private bool _narrow;
    private int[][]? _excluded;

    public RankingProblem(int queries, int items, int width, int seed)
    {
        _random = new System.Random(seed);
        _width = width;
        Queries = Vectors(queries);
        Items = Vectors(items);
    }

    public static TheoryData<string> Adversaries =>
    [
        "equal scores", "equal leading bits", "one item repeated", "ascending", "descending", "infinities", "not a number", "denormals",
        "one large item", "zero query", "large scores",
    ];

    public float[][] Queries { get; }

    public float[][] Items { get; }

    public float[]? Bias { get; private set; }

    /// <summary>The score that IRankingKernels documents.</summary>
    public static float Score(ReadOnlySpan<float> query, ReadOnlySpan<float> item, float? bias)
    {
        var score = 0f;
        for (var i = 0; i < query.Length; i++)
        {
            score = MathF.FusedMultiplyAdd(query[i], item[i], score);
        }

        return score + (bias ?? 0) + 0f;
    }

    public static RankingProblem Adversarial(string kind, int queries, int items, int width)
    {
        var problem = new RankingProblem(queries, items, width, 77);
        var random = problem._random;
        var first = (float[])problem.Items[0].Clone();
        for (var i = 0; i < items; i++)
        {
            var item = problem.Items[i];
            switch (kind)
            {
                case "equal scores":
                    Array.Fill(item, 0.25f);
                    break;
                case "equal leading bits": // Scores differ in their last bits only.
                    first.CopyTo(item, 0);
                    item[i % width] = MathF.BitIncrement(item[i % width]);
                    break;
                case "one item repeated":
                    first.CopyTo(item, 0);
                    break;
                case "ascending" or "descending":
                    Array.Clear(item);
                    item[0] = kind == "ascending" ? i : items - i;
                    break;
                case "infinities" when i % 7 == 0:
                    item[random.Next(width)] = i % 2 == 0 ? float.PositiveInfinity : float.NegativeInfinity;
                    break;
                case "not a number" when i % 5 < 3:
                    item[random.Next(width)] = float.NaN;
                    break;
                case "denormals":
                    for (var j = 0; j < width; j++)
                    {
                        item[j] *= 1e-39f;
                    }

                    break;
                case "one large item" when i == items / 2:
                    Array.Fill(item, 1e30f);
                    break;
                case "large scores":
                    for (var j = 0; j < width; j++)
                    {
                        item[j] *= 3e38f;
                    }

                    break;
            }
        }

        if (kind is "ascending" or "descending")
        {
            foreach (var query in problem.Queries)
            {
                query[0] = MathF.Abs(query[0]);
            }
        }

        if (kind == "zero query")
        {
            Array.Clear(problem.Queries[0]);
        }

        return problem;
    }

    public RankingProblem UseSpecialValues()
    {
        foreach (var vector in Queries.Concat(Items))
        {
            for (var i = 0; i < vector.Length; i++)
            {
                vector[i] = s_special[_random.Next(s_special.Length)];
            }
        }

        return this;
    }

    public RankingProblem Exclude(double share)
    {
        _excluded = share == 0
            ? null
            : [.. Queries.Select(_ => Enumerable.Range(0, Items.Length).Where(_ => _random.NextDouble() < share).ToArray())];
        return this;
    }

    public RankingProblem Exclude(Func<int, IEnumerable<int>> itemsOfQuery)
    {
        _excluded = [.. Queries.Select((_, query) => itemsOfQuery(query).Order().ToArray())];
        return this;
    }

    /// <summary>Multiplies every vector by a random power of ten between 10 to <paramref name="smallest"/> and 10 to <paramref name="largest"/>.</summary>
    public RankingProblem Spread(int smallest, int largest, bool items)
    {
        foreach (var vector in items ? Items : Queries)
        {
            var factor = (float)Math.Pow(10, _random.Next(smallest, largest + 1));
            for (var i = 0; i < vector.Length; i++)
            {
                vector[i] *= factor;
            }
        }

        return this;
    }

    /// <summary>Makes every <paramref name="step"/>-th item the best one of all queries, which become much alike.</summary>
    public RankingProblem Repeat(int step)
    {
        var best = Items[0].Select(value => 2 * value).ToArray();
        for (var item = 0; item < Items.Length; item += step)
        {
            best.CopyTo(Items[item], 0);
        }

        foreach (var query in Queries)
        {
            for (var i = 0; i < _width; i++)
            {
                query[i] = best[i] + (0.1f * query[i]);
            }
        }

        return this;
    }

    public RankingProblem AddBias()
    {
        Bias = [.. Items.Select(_ => 4 * _random.NextSingle() - 2)];
        return this;
    }

    public RankingProblem Allow(double share)
    {
        _allowed = [.. Items.Select(_ => _random.NextDouble() < share)];
        return this;
    }

    /// <summary>Rounds items to bfloat16 (by cutting) and has them stored so.</summary>
    public RankingProblem Narrow()
    {
        _narrow = true;
        foreach (var item in Items)
        {
            for (var i = 0; i < item.Length; i++)
            {
                item[i] = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(item[i]) & 0xffff0000);
            }
        }

        return this;
    }

    public void AssertSolvedBy(Device device, int k)
    {
        using var queries = Upload(device, Queries);
        using var items = _narrow ? UploadNarrow(device) : null;
        using var wideItems = _narrow ? null : Upload(device, Items);
        using var bias = new DeviceBuffer<float>(device, Bias ?? [], "bias");
        using var words = new DeviceBuffer<int>(device, AllowedWords(), "bitmap");
        int[] excludedOffsets = [0, .. (_excluded ?? []).Select((_, query) => _excluded!.Take(query + 1).Sum(list => list.Length))];
        using var offsets = new DeviceBuffer<int>(device, excludedOffsets, "offsets");
        using var excluded = new DeviceBuffer<int>(device, (_excluded ?? []).SelectMany(list => list).ToArray(), "excluded");
        using var indices = new DeviceBuffer<int>(device, (long)Queries.Length * k, "indices");
        using var scores = new DeviceBuffer<float>(device, (long)Queries.Length * k, "scores");
        var table = new ItemTable(
            items?.Address ?? wideItems!.Address, Items.Length, _width, _width, _narrow ? VectorFormat.BFloat16 : VectorFormat.Float32)
        {
            Bias = Bias is null ? Matrix.None : new Matrix(bias.Address, 1, Bias.Length),
            Allowed = _allowed is null ? IntegerArray.None : new IntegerArray(words.Address, (int)words.Length),
        };
        var exclusions = _excluded is null
            ? default
            : new Exclusions(new IntegerArray(offsets.Address, (int)offsets.Length), new IntegerArray(excluded.Address, (int)excluded.Length));
        using var prepared = device.Ranking.Prepare(table);
        device.Ranking.TopK(
            new Matrix(queries.Address, Queries.Length, _width),
            prepared,
            exclusions,
            k,
            new IntegerArray(indices.Address, (int)indices.Length),
            new Matrix(scores.Address, Queries.Length, k));
        AssertSolution(indices.DownloadToHost(), scores.DownloadToHost(), k);
    }

    public void AssertSolution(int[] indices, float[] scores, int k)
    {
        for (var query = 0; query < Queries.Length; query++)
        {
            var skipped = (_excluded?[query] ?? []).ToHashSet();
            var all = Enumerable.Range(0, Items.Length).Select(item => Score(Queries[query], Items[item], Bias?[item])).ToArray();
            var expected = Enumerable.Range(0, Items.Length)
                .Where(item => !skipped.Contains(item) && (_allowed is null || _allowed[item]))
                .OrderBy(item => float.IsNaN(all[item])).ThenByDescending(item => all[item]).ThenBy(item => item).Take(k).ToArray();
            for (var place = 0; place < k; place++)
            {
                var found = place < expected.Length;
                var at = query * k + place;
                Assert.True(
                    (found ? expected[place] : -1) == indices[at],
                    $"query {query}, place {place}: found {indices[at]} ({scores[at]:R}), expected {(found ? $"{expected[place]} ({all[expected[place]]:R})" : "nothing")}");
                Assert.Equal(found ? all[expected[place]] : float.NegativeInfinity, scores[at]);
                if (found && float.IsFinite(all[expected[place]]))
                {
                    AssertCloseInDouble(query, expected[place], scores[at]);
                }
            }
        }
    }

    private void AssertCloseInDouble(int query, int item, float score)
    {
        double exact = Bias?[item] ?? 0, size = Math.Abs(exact);
        for (var i = 0; i < _width; i++)
        {
            exact += (double)Queries[query][i] * Items[item][i];
            size += Math.Abs((double)Queries[query][i] * Items[item][i]);
        }

        // Each of the width + 1 roundings is at most 2^-24 of a partial sum, or half the smallest denormal.
        Assert.InRange(Math.Abs(exact - score), 0, (_width + 2) * (size * Math.Pow(2, -24) + Math.Pow(2, -150)));
    }

    private static DeviceBuffer<float> Upload(Device device, float[][] rows) => new(device, rows.SelectMany(row => row).ToArray(), "vectors");

    private DeviceBuffer<ushort> UploadNarrow(Device device) =>
        new(device, Items.SelectMany(row => row).Select(value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)).ToArray(), "items");

    private int[] AllowedWords()
    {
        var words = new int[_allowed is null ? 0 : ItemTable.AllowedWords(Items.Length)];
        for (var item = 0; item < (_allowed?.Length ?? 0); item++)
        {
            words[item / 32] |= _allowed![item] ? 1 << item % 32 : 0;
        }

        return words;
    }

    private float[][] Vectors(int rows) =>
        [.. Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, _width).Select(_ => 2 * _random.NextSingle() - 1).ToArray())];
}
