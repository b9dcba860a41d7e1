using System.Collections;
using System.Globalization;

namespace AutoTower.Search.Data.Synthetic;

/// <summary>The raw ids of generated entities: "" for padding, then "1" to "count", written when somebody asks.</summary>
internal sealed class NumberedKeys(int count) : IReadOnlyList<string>
{
    /// <inheritdoc/>
    public int Count => count + 1;

    /// <inheritdoc/>
    public string this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(index, count);
            return index == 0 ? "" : index.ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator() => Enumerable.Range(0, Count).Select(index => this[index]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
