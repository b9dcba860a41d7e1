namespace AutoTower.Search.Retrieval;

/// <summary>The best items of each user, best first.</summary>
/// <param name="K">Results a user.</param>
/// <param name="Indices">(users * K) item indices; -1 where fewer than K items were left.</param>
/// <param name="Scores">(users * K); minus infinity where there is no item.</param>
public sealed record TopKResult(int K, int[] Indices, float[] Scores)
{
    /// <summary>Number of users.</summary>
    public int Users => Indices.Length / K;

    /// <summary>Item indices of a user, best first.</summary>
    public ReadOnlySpan<int> IndicesOf(int user) => Indices.AsSpan(user * K, K);

    /// <summary>Scores of a user, best first.</summary>
    public ReadOnlySpan<float> ScoresOf(int user) => Scores.AsSpan(user * K, K);
}
