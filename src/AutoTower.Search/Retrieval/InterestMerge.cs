namespace AutoTower.Search.Retrieval;

/// <summary>
/// The best items of users who have several vectors, where an item counts with its largest score. One of an item's scores is the largest,
/// and in that vector's list only items of larger or equal largest score come before it; so the best k are among the lists of k each, and
/// merging them is exact.
/// </summary>
public static class InterestMerge
{
    /// <summary>Merges the lists of each user's vectors.</summary>
    /// <param name="lists">One list a vector, the vectors of a user one behind the other.</param>
    /// <param name="interests">Vectors of a user.</param>
    /// <returns>One list a user: score descending, then item index ascending.</returns>
    public static TopKResult Merge(TopKResult lists, int interests)
    {
        ArgumentNullException.ThrowIfNull(lists);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(interests);
        if (interests == 1)
        {
            return lists;
        }

        var (k, users) = (lists.K, lists.Users / interests);
        var merged = new TopKResult(k, new int[users * k], new float[users * k]);
        Array.Fill(merged.Indices, -1);
        Array.Fill(merged.Scores, float.NegativeInfinity);
        var found = new List<(int Item, float Score)>(interests * k);
        var seen = new HashSet<int>();
        for (var user = 0; user < users; user++)
        {
            found.Clear();
            seen.Clear();
            for (var i = user * interests * k; i < (user + 1) * interests * k; i++)
            {
                if (lists.Indices[i] >= 0)
                {
                    found.Add((lists.Indices[i], lists.Scores[i]));
                }
            }

            // CompareTo puts NaN below every number.
            found.Sort((left, right) => right.Score.CompareTo(left.Score) is var order && order != 0 ? order : left.Item.CompareTo(right.Item));
            var next = user * k;
            foreach (var (item, score) in found)
            {
                if (next < (user + 1) * k && seen.Add(item))
                {
                    (merged.Indices[next], merged.Scores[next]) = (item, score);
                    next++;
                }
            }
        }

        return merged;
    }
}
