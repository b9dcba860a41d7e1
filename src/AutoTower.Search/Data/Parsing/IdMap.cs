using System.Globalization;

namespace AutoTower.Search.Data.Parsing;

/// <summary>Raw ids of one entity file in file order, and the dense ids (from 1 on) they get.</summary>
internal sealed class IdMap(string idName, string fileName)
{
    private readonly Dictionary<int, int> denseIds = [];
    private readonly List<string> keys = [""];

    /// <summary>Rows, padding row 0 included.</summary>
    public int Count => keys.Count;

    /// <summary>Dense id to raw id; index 0 is "".</summary>
    public IReadOnlyList<string> Keys => keys;

    /// <summary>Gives the id in the current row of the entity file the next dense id.</summary>
    /// <exception cref="DataException">The id stood in an earlier row.</exception>
    public void Add(DelimitedFile file, int column)
    {
        var raw = file.Id(column);
        if (!denseIds.TryAdd(raw, keys.Count))
        {
            throw file.Error($"{idName} {raw} stands in an earlier line already");
        }

        keys.Add(raw.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The dense id of the raw id in the current row of an interaction file.</summary>
    /// <exception cref="DataException">The entity file does not have the id.</exception>
    public int Find(DelimitedFile file, int column)
    {
        var raw = file.Id(column);
        return denseIds.TryGetValue(raw, out var dense) ? dense : throw file.Error($"{idName} {raw} is not in {fileName}");
    }
}
