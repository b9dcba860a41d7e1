using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>The fields of one launch, laid out as Fields in embedding.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EmbeddingFields
{
    /// <summary>Most fields of one launch.</summary>
    public const int Most = 12;

    private Fields _fields;

    /// <summary>Number of fields so far.</summary>
    public int Count { get; private set; }

    /// <summary>Sums that all tables have together, rows times columns: where the next table's begin.</summary>
    public static int Sums(in EmbeddingFields fields)
    {
        if (fields.Count == 0)
        {
            return 0;
        }

        var last = fields._fields[fields.Count - 1];
        return last.Offset + (last.Rows * last.Width);
    }

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

    /// <summary>Adds a field whose embedding begins at <paramref name="column"/> of the output.</summary>
    public void Add(FieldLookup lookup, int column)
    {
        var offset = Sums(this);
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
            Offset = offset,
            FirstOnly = lookup.FirstOnly ? 1 : 0,
        };
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
    }

    [InlineArray(Most)]
    private struct Fields
    {
        private Field _first;
    }
}
