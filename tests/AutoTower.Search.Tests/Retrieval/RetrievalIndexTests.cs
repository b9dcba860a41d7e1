using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Search.Retrieval;
using CsCheck;

namespace AutoTower.Search.Tests.Retrieval;

public sealed class RetrievalIndexTests : IDisposable
{
    private readonly CpuDevice _device = new(2);

    [Fact]
    public void Finds_what_sorting_everything_finds() =>
        Gen.Select(Gen.Int[1, 9], Gen.Int[1, 80], Gen.Int[1, 40], Gen.Int[1, 50], Gen.Int[0, 15], Gen.Int[0, 10_000]).Sample(
            (users, items, width, k, options, seed) =>
            {
                var random = new Random(seed);
                float[] userVectors = Vectors(users * width, random), itemVectors = Vectors(items * width, random);
                var retrieval = new RetrievalOptions
                {
                    Format = (options & 1) != 0 ? VectorFormat.BFloat16 : VectorFormat.Float32,
                    Bias = (options & 2) != 0 ? Vectors(items, random) : null,
                    Allowed = (options & 4) != 0 ? [.. Enumerable.Range(0, items).Select(_ => random.Next(2) == 0)] : null,
                };
                var lists = Enumerable.Range(0, users).Select(_ => Enumerable.Range(0, items).Where(_ => random.Next(4) == 0).Reverse().ToArray()).ToArray();
                using var index = new RetrievalIndex(_device, itemVectors, width, retrieval);
                var result = index.Search(userVectors, k, (options & 8) != 0 ? ExclusionLists.From(lists) : null);
                for (var user = 0; user < users; user++)
                {
                    var expected = Enumerable.Range(0, items)
                        .Where(item => retrieval.Allowed?[item] ?? true)
                        .Where(item => (options & 8) == 0 || !lists[user].Contains(item))
                        .Select(item => (Item: item, Score: Score(userVectors.AsSpan(user * width, width), itemVectors.AsSpan(item * width, width), retrieval, item)))
                        .OrderByDescending(found => found.Score).ThenBy(found => found.Item).Take(k).ToArray();
                    Assert.Equal(expected.Select(found => found.Item), result.IndicesOf(user).ToArray().Take(expected.Length));
                    Assert.Equal(expected.Select(found => found.Score), result.ScoresOf(user).ToArray().Take(expected.Length));
                    Assert.All(result.IndicesOf(user).ToArray().Skip(expected.Length), item => Assert.Equal(-1, item));
                    Assert.All(result.ScoresOf(user).ToArray().Skip(expected.Length), score => Assert.Equal(float.NegativeInfinity, score));
                }
            },
            iter: 200, threads: 1);

    [Fact]
    public void More_users_than_pass_at_once_get_the_same_results()
    {
        const int Users = 70_001;
        const int Width = 4;
        var random = new Random(1);
        float[] items = Vectors(37 * Width, random), users = Vectors(Users * Width, random);
        using var index = new RetrievalIndex(_device, items, Width);
        var exclusions = ExclusionLists.From(Enumerable.Range(0, Users).Select(user => new[] { user % 37 }));
        var all = index.Search(users, 3, exclusions);
        Assert.Equal(Users, all.Users);
        foreach (var user in new[] { 0, 32_767, 32_768, 65_535, 65_536, Users - 1 })
        {
            var alone = index.Search(users.AsSpan(user * Width, Width), 3, ExclusionLists.From([[user % 37]]));
            Assert.Equal(alone.Indices, all.IndicesOf(user).ToArray());
            Assert.Equal(alone.Scores, all.ScoresOf(user).ToArray());
            Assert.DoesNotContain(user % 37, alone.Indices);
        }
    }

    [Fact]
    public void Vectors_may_come_in_parts()
    {
        var vectors = Vectors(500 * 8, new Random(2));
        var calls = 0;
        using var index = new RetrievalIndex(_device, 500, 8, (first, rows) =>
        {
            calls++;
            vectors.AsSpan(first * 8, rows.Length).CopyTo(rows);
        });
        using var whole = new RetrievalIndex(_device, vectors, 8);
        Assert.True(calls >= 1);
        Assert.Equal(whole.Search(vectors.AsSpan(0, 80), 20).Indices, index.Search(vectors.AsSpan(0, 80), 20).Indices);
    }

    [Fact]
    public void No_users_and_no_items_give_nothing()
    {
        using var empty = new RetrievalIndex(_device, ReadOnlyMemory<float>.Empty, 5);
        Assert.Equal([-1, -1], empty.Search(new float[5], 2).Indices);
        using var index = new RetrievalIndex(_device, new float[10], 5);
        Assert.Empty(index.Search([], 2).Indices);
    }

    [Fact]
    public void Memory_is_given_back()
    {
        var before = _device.LiveBytes;
        using (var index = new RetrievalIndex(_device, new float[64], 8, new RetrievalOptions { Bias = new float[8], Allowed = new bool[8] }))
        {
            index.Search(new float[16], 3);
        }

        Assert.Equal(before, _device.LiveBytes);
    }

    [Fact]
    public void Sizes_that_do_not_fit_are_named()
    {
        using var index = new RetrievalIndex(_device, new float[24], 8);
        Assert.StartsWith("12 elements are no whole number of vectors of 8.", Assert.Throws<ArgumentException>(() => index.Search(new float[12], 3)).Message, StringComparison.Ordinal);
        Assert.Equal(
            "There are 1 exclusion lists, expected 2.",
            Assert.Throws<ArgumentException>(() => index.Search(new float[16], 3, ExclusionLists.From([[1]]))).Message);
        Assert.Equal(
            "There are 2 biases, expected 3.",
            Assert.Throws<ArgumentException>(() => new RetrievalIndex(_device, new float[24], 8, new RetrievalOptions { Bias = [1, 2] })).Message);
        Assert.Equal(
            "Item vectors have 257 elements; 1 to 256 can be searched.",
            Assert.Throws<ArgumentException>(() => new RetrievalIndex(_device, new float[257], 257)).Message);
    }

    public void Dispose() => _device.Dispose();

    private static float Score(ReadOnlySpan<float> user, ReadOnlySpan<float> item, RetrievalOptions options, int index)
    {
        var score = 0f;
        for (var i = 0; i < user.Length; i++)
        {
            var element = item[i];
            if (options.Format == VectorFormat.BFloat16)
            {
                var rounded = new ushort[1];
                BFloat16Rounding.Round([element], rounded);
                element = BitConverter.UInt32BitsToSingle((uint)rounded[0] << 16);
                Assert.InRange(element, item[i] - Math.Abs(item[i]) / 256, item[i] + Math.Abs(item[i]) / 256);
            }

            score = MathF.FusedMultiplyAdd(user[i], element, score);
        }

        return options.Bias is null ? score + 0f : score + options.Bias[index] + 0f;
    }

    private static float[] Vectors(int count, Random random) => [.. Enumerable.Range(0, count).Select(_ => 2 * random.NextSingle() - 1)];
}
