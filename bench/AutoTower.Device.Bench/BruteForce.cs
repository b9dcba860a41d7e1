using System.Numerics;
using System.Runtime.Intrinsics;

namespace AutoTower.Device.Bench;

/// <summary>The answer for a few users by scoring and sorting everything on the host: eight users are the lanes of a vector.</summary>
internal static class BruteForce
{
    private const int Lanes = 8;
    private const int Chunk = 4096;

    /// <summary>Sorted indices and scores (users, k) for eight users at most.</summary>
    /// <param name="users">(users, width).</param>
    /// <param name="items">(items, width), as the device sees them.</param>
    /// <param name="width">Elements of a vector.</param>
    /// <param name="k">Results a user.</param>
    /// <param name="excluded">Items left out, per user.</param>
    public static (int[] Indices, float[] Scores) Solve(float[][] users, float[] items, int width, int k, IReadOnlyList<int>[]? excluded)
    {
        var count = items.Length / width;
        var packed = new float[width * Lanes];
        for (var user = 0; user < users.Length; user++)
        {
            for (var i = 0; i < width; i++)
            {
                packed[i * Lanes + user] = users[user][i];
            }
        }

        var scores = new float[users.Length][];
        for (var user = 0; user < users.Length; user++)
        {
            scores[user] = new float[count];
        }

        Parallel.For(0, (count + Chunk - 1) / Chunk, chunk =>
        {
            for (var item = chunk * Chunk; item < Math.Min(count, (chunk + 1) * Chunk); item++)
            {
                var sum = Vector256<float>.Zero;
                for (var i = 0; i < width; i++)
                {
                    sum = Vector256.FusedMultiplyAdd(Vector256.Create(packed, i * Lanes), Vector256.Create(items[(long)item * width + i]), sum);
                }

                for (var user = 0; user < users.Length; user++)
                {
                    scores[user][item] = sum[user];
                }
            }
        });
        var indices = new int[users.Length * k];
        var best = new float[users.Length * k];
        Parallel.For(0, users.Length, user =>
        {
            foreach (var item in excluded?[user] ?? [])
            {
                scores[user][item] = float.NaN;
            }

            var order = Enumerable.Range(0, count).Where(item => !float.IsNaN(scores[user][item])).ToArray();
            Array.Sort(order, (a, b) => scores[user][a] != scores[user][b] ? scores[user][b].CompareTo(scores[user][a]) : a.CompareTo(b));
            for (var place = 0; place < k; place++)
            {
                indices[user * k + place] = place < order.Length ? order[place] : -1;
                best[user * k + place] = place < order.Length ? scores[user][order[place]] : float.NegativeInfinity;
            }
        });
        return (indices, best);
    }
}
