using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Devices.Kernels;
using CsCheck;

namespace AutoTower.Autograd.Tests.Devices;

public class CpuRankingTests
{
    private static readonly float[] s_special = [0, -0f, 1, -1, 2, float.NaN, float.PositiveInfinity, float.NegativeInfinity];

    [Fact]
    public void Agrees_with_sorting_everything() =>
        Gen.Select(Gen.Int[1, 70], Gen.Int[1, 400], Gen.Int[1, 20], Gen.Int[1, 60], Gen.Int[0, 5], Gen.Int[0, 1000]).Sample(
            (queries, items, width, k, exclusionsInFive, seed) => Check(queries, items, width, k, exclusionsInFive / 5.0, seed, _ => { }),
            iter: 200, threads: 1);

    [Fact]
    public void Agrees_with_ties_infinities_and_not_a_number() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 300], Gen.Int[1, 50], Gen.Int[0, 2], Gen.Int[0, 1000]).Sample(
            (queries, items, k, exclusions, seed) => Check(queries, items, 1, k, exclusions / 4.0, seed, matrix =>
            {
                var random = new System.Random(seed + matrix.Rows);
                for (var i = 0; i < matrix.Rows; i++)
                {
                    matrix[i, 0] = s_special[random.Next(s_special.Length)];
                }
            }),
            iter: 200, threads: 1);

    [Theory]
    [InlineData(17, 3000, 1024)]
    [InlineData(3, 20, 1024)]
    [InlineData(1, 1, 1)]
    public void Agrees_at_the_ends_of_k(int queries, int items, int k) => Check(queries, items, 64, k, 0.1, 5, _ => { });

    [Fact]
    public void Equal_scores_come_in_the_order_of_their_indices()
    {
        using var device = new CpuDevice(2);
        HostMatrix queries = new(device, 2, 3), items = new(device, 500, 3);
        var (indices, scores) = Run(device, queries, items, default, 7);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6], indices);
        Assert.All(scores, score => Assert.Equal(0, score));
    }

    [Fact]
    public void Not_a_number_comes_last_but_before_nothing()
    {
        using var device = new CpuDevice(1);
        HostMatrix queries = new(device, 1, 1), items = new(device, 4, 1);
        queries[0, 0] = 1;
        (items[0, 0], items[1, 0], items[2, 0], items[3, 0]) = (float.NaN, float.NegativeInfinity, 3, float.NaN);
        var (indices, scores) = Run(device, queries, items, default, 5);
        Assert.Equal([2, 1, 0, 3, -1], indices);
        Assert.Equal([3, float.NegativeInfinity, float.NaN, float.NaN, float.NegativeInfinity], scores);
    }

    [Fact]
    public void Where_everything_is_excluded_nothing_is_found()
    {
        using var device = new CpuDevice(1);
        HostMatrix queries = new(device, 2, 4, 0, new System.Random(1)), items = new(device, 3, 4, 0, new System.Random(2));
        HostIntegers offsets = new(device, 0, 3, 3), excluded = new(device, 0, 1, 2);
        var (indices, scores) = Run(device, queries, items, new Exclusions(offsets.View, excluded.View), 3);
        Assert.Equal([-1, -1, -1], indices[..3]);
        Assert.All(scores[..3], score => Assert.Equal(float.NegativeInfinity, score));
        Assert.Equal([0, 1, 2], indices[3..].Order());
    }

    [Fact]
    public void The_score_of_a_pair_does_not_depend_on_its_surroundings_or_on_threads()
    {
        using var device = new CpuDevice(3);
        HostMatrix queries = new(device, 75, 333, 2, new System.Random(1)), items = new(device, 210, 333, 1, new System.Random(2));
        var (indices, scores) = Run(device, queries, items, default, 10);
        var product = new HostMatrix(device, 75, 210);
        device.Dense.LinearForward(queries.View, items.View, Matrix.None, product.View);
        for (var i = 0; i < scores.Length; i++)
        {
            Assert.Equal(product[i / 10, indices[i]], scores[i]);
        }

        Bits.SameOnAnyNumberOfThreads(other =>
        {
            HostMatrix q = new(other, 75, 333, 2, new System.Random(1)), m = new(other, 210, 333, 1, new System.Random(2));
            var (found, values) = Run(other, q, m, default, 10);
            return [.. Array.ConvertAll(found, index => (float)index), .. values];
        });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1025)]
    public void K_outside_its_range_is_refused(int k)
    {
        using var device = new CpuDevice(1);
        HostMatrix queries = new(device, 1, 1), items = new(device, 1, 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => Run(device, queries, items, default, k));
    }

    private static (int[] Indices, float[] Scores) Run(CpuDevice device, HostMatrix queries, HostMatrix items, Exclusions exclusions, int k)
    {
        var indices = new HostIntegers(device, new int[queries.Rows * k]);
        var scores = new HostMatrix(device, queries.Rows, k, 1);
        device.Ranking.TopK(queries.View, items.View, exclusions, k, indices.View, scores.View);
        return (indices.Values.ToArray(), scores.Values());
    }

    private static void Check(int queryCount, int itemCount, int width, int k, double excludedShare, int seed, Action<HostMatrix> overwrite)
    {
        using var device = new CpuDevice(2);
        var random = new System.Random(seed);
        HostMatrix queries = new(device, queryCount, width, 1, random), items = new(device, itemCount, width, 2, random);
        overwrite(queries);
        overwrite(items);
        var excluded = new List<int>();
        var offsets = new List<int> { 0 };
        for (var i = 0; i < queryCount; i++)
        {
            excluded.AddRange(Enumerable.Range(0, itemCount).Where(_ => random.NextDouble() < excludedShare));
            offsets.Add(excluded.Count);
        }

        HostIntegers offsetArray = new(device, [.. offsets]), excludedArray = new(device, [.. excluded]);
        var exclusions = excludedShare == 0 ? default : new Exclusions(offsetArray.View, excludedArray.View);
        var (indices, scores) = Run(device, queries, items, exclusions, k);

        var product = new HostMatrix(device, queryCount, itemCount);
        device.Dense.LinearForward(queries.View, items.View, Matrix.None, product.View);
        for (var i = 0; i < queryCount; i++)
        {
            var skipped = excluded[offsets[i]..offsets[i + 1]].ToHashSet();
            var row = product.Row(i).ToArray();
            var expected = Enumerable.Range(0, itemCount).Where(item => !skipped.Contains(item))
                .OrderBy(item => float.IsNaN(row[item])).ThenByDescending(item => row[item] + 0f).ThenBy(item => item).Take(k).ToArray();
            for (var place = 0; place < k; place++)
            {
                var found = place < expected.Length;
                Assert.Equal(found ? expected[place] : -1, indices[i * k + place]);
                Assert.Equal(found ? row[expected[place]] + 0f : float.NegativeInfinity, scores[i * k + place]);
            }
        }
    }
}
