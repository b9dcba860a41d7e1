namespace AutoTower.Search.Baselines;

/// <summary>Scores of the few items that have one, by item id.</summary>
/// <param name="count">Number of item ids, padding included.</param>
internal sealed class ItemScores(int count)
{
    private readonly double[] _scores = new double[count];
    private readonly List<int> _scored = [];

    /// <summary>The item's score; 0 where it has none.</summary>
    public double this[int item] => _scores[item];

    /// <summary>Adds to an item's score.</summary>
    /// <param name="item">Item id.</param>
    /// <param name="value">Above 0.</param>
    public void Add(int item, double value)
    {
        if (_scores[item] == 0)
        {
            _scored.Add(item);
        }

        _scores[item] += value;
    }

    /// <summary>The items with a score, highest first; equal ones by <paramref name="popularity"/>, then by id. Valid until the next change.</summary>
    public IReadOnlyList<int> Descending(int[] popularity)
    {
        _scored.Sort((left, right) =>
        {
            var order = _scores[right].CompareTo(_scores[left]);
            order = order != 0 ? order : popularity[right].CompareTo(popularity[left]);
            return order != 0 ? order : left.CompareTo(right);
        });
        return _scored;
    }

    /// <summary>Takes all scores away.</summary>
    public void Clear()
    {
        foreach (var item in _scored)
        {
            _scores[item] = 0;
        }

        _scored.Clear();
    }
}
