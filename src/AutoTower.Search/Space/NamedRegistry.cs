namespace AutoTower.Search.Space;

/// <summary>Types by name, with an error that helps when a name is mistyped.</summary>
internal sealed class NamedRegistry<T>(string kind, Func<T, string> nameOf)
{
    private readonly Lock _lock = new();
    private readonly List<T> _types = [];

    public IReadOnlyList<T> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _types];
            }
        }
    }

    public void Add(T type)
    {
        lock (_lock)
        {
            if (_types.Any(other => nameOf(other) == nameOf(type)))
            {
                throw new ArgumentException($"A {kind} named '{nameOf(type)}' is already registered.");
            }

            _types.Add(type);
        }
    }

    public T Find(string name)
    {
        var types = All;
        foreach (var type in types)
        {
            if (nameOf(type) == name)
            {
                return type;
            }
        }

        var nearest = types.Select(nameOf).OrderBy(other => EditDistance(name, other)).Take(3);
        throw new ArgumentException($"There is no {kind} named '{name}'; the nearest names are {string.Join(", ", nearest)}.");
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
