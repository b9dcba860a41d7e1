using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>The fields of one launch, laid out as Fields in common/embedding.cuh.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EmbeddingFields
{
    /// <summary>Most fields of one launch.</summary>
    public const int Most = 12;

    /// <summary>Most elements of all small tables together: a few hundred rows.</summary>
    private const int MostSums = 4096;

    private Fields _fields;

    /// <summary>Number of fields so far.</summary>
    public int Count { get; private set; }

    /// <summary>Sums that all small tables have together, rows times columns: where the next one's begin.</summary>
    public int Sums { get; private set; }

    /// <summary>Whether a table's gradient is already among them.</summary>
    public readonly bool HasGradient(nint address)
    {
        for (var i = 0; i < Count; i++)
        {
            if (_fields[i].Gradient == address)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the field's gradient may be added up in shared memory beside the small ones so far, in room for <paramref name="floats"/>.</summary>
    public readonly bool FitsBesideSmall(FieldLookup field, int floats) =>
        !field.Gradient.IsAbsent && Sums + ((long)field.Table.Rows * field.Table.Columns) <= Math.Min(MostSums, floats);

    /// <summary>Copies of the small tables that a block keeps, so that as many of its rows are added up at once.</summary>
    /// <param name="wanted">How many there is work for.</param>
    /// <param name="floats">Room.</param>
    public readonly int Copies(int wanted, int floats) => Sums == 0 ? wanted : Math.Clamp(floats / Sums, 1, wanted);

    /// <summary>Adds a field whose embedding begins at <paramref name="column"/> of the output.</summary>
    /// <param name="lookup">The field.</param>
    /// <param name="column">First column.</param>
    /// <param name="isSmall">Whether blocks add up the table's gradient in shared memory.</param>
    public void Add(FieldLookup lookup, int column, bool isSmall = false)
    {
        _fields[Count++] = new Field
        {
            Table = lookup.Table.Address,
            Gradient = lookup.Gradient.Address,
            Values = lookup.Values.Address,
            Offsets = lookup.Offsets.Address,
            TableStride = lookup.Table.Stride,
            GradientStride = lookup.Gradient.Stride,
            Rows = lookup.Table.Rows,
            Width = lookup.Table.Columns,
            Column = column,
            Offset = Sums,
            FirstOnly = lookup.FirstOnly ? 1 : 0,
            Small = isSmall ? 1 : 0,
        };
        Sums += isSmall ? lookup.Table.Rows * lookup.Table.Columns : 0;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Field
    {
        public nint Table;
        public nint Gradient;
        public nint Values;
        public nint Offsets;
        public int TableStride;
        public int GradientStride;
        public int Rows;
        public int Width;
        public int Column;
        public int Offset;
        public int FirstOnly;
        public int Small;
    }

    [InlineArray(Most)]
    private struct Fields
    {
        private Field _first;
    }
}
