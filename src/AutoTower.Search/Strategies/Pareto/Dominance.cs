namespace AutoTower.Search.Strategies.Pareto;

/// <summary>The order of NSGA-II (Deb et al. 2002): fronts of points that dominate each other, and crowding within a front. All objectives are made small.</summary>
internal static class Dominance
{
    /// <summary>True when <paramref name="first"/> is nowhere larger than <paramref name="second"/> and somewhere smaller.</summary>
    public static bool Dominates(ReadOnlySpan<double> first, ReadOnlySpan<double> second)
    {
        var isSmaller = false;
        for (var i = 0; i < first.Length; i++)
        {
            if (first[i] > second[i])
            {
                return false;
            }

            isSmaller |= first[i] < second[i];
        }

        return isSmaller;
    }

    /// <summary>
    /// Indices by front: the first has the points that none dominates, the second those that only the first dominates, and so on; each in
    /// the order given. Fast non-dominated sort, O(objectives points²).
    /// </summary>
    public static IReadOnlyList<IReadOnlyList<int>> Fronts(IReadOnlyList<double[]> points)
    {
        var dominated = points.Select(_ => new List<int>()).ToArray();
        var dominators = new int[points.Count];
        for (var i = 0; i < points.Count; i++)
        {
            for (var j = i + 1; j < points.Count; j++)
            {
                if (Dominates(points[i], points[j]))
                {
                    dominated[i].Add(j);
                    dominators[j]++;
                }
                else if (Dominates(points[j], points[i]))
                {
                    dominated[j].Add(i);
                    dominators[i]++;
                }
            }
        }

        var fronts = new List<IReadOnlyList<int>>();
        int[] front = [.. Enumerable.Range(0, points.Count).Where(i => dominators[i] == 0)];
        while (front.Length > 0)
        {
            fronts.Add(front);
            front = [.. front.SelectMany(i => dominated[i]).Where(j => --dominators[j] == 0).Order()];
        }

        return fronts;
    }

    /// <summary>
    /// How far the neighbours of each point are apart, objective by objective relative to the front's range, added up; infinite for the
    /// points at the ends.
    /// </summary>
    public static double[] Crowding(IReadOnlyList<double[]> front)
    {
        var distances = new double[front.Count];
        var objectives = front.Count > 0 ? front[0].Length : 0;
        for (var objective = 0; objective < objectives; objective++)
        {
            int[] order = [.. Enumerable.Range(0, front.Count).OrderBy(i => front[i][objective])];
            distances[order[0]] = distances[order[^1]] = double.PositiveInfinity;
            var range = front[order[^1]][objective] - front[order[0]][objective];
            for (var place = 1; range > 0 && double.IsFinite(range) && place < order.Length - 1; place++)
            {
                distances[order[place]] += (front[order[place + 1]][objective] - front[order[place - 1]][objective]) / range;
            }
        }

        return distances;
    }
}
