namespace AutoTower.Search;

/// <summary>Finds what somebody who mistyped a name may have meant.</summary>
public static class NearestNames
{
    /// <summary>
    /// The <paramref name="count"/> names nearest to <paramref name="name"/>: first those that begin with it, then by edit distance.
    /// </summary>
    public static IReadOnlyList<string> Of(string name, IEnumerable<string> names, int count)
    {
        ArgumentNullException.ThrowIfNull(name);
        return [.. names.OrderByDescending(other => other.StartsWith(name, StringComparison.Ordinal)).ThenBy(other => EditDistance(name, other)).Take(count)];
    }

    private static int EditDistance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var substitution = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitution, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
