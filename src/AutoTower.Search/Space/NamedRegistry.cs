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

        var nearest = NearestNames.Of(name, types.Select(nameOf), 3);
        throw new ArgumentException($"There is no {kind} named '{name}'; the nearest names are {string.Join(", ", nearest)}.");
    }
}
