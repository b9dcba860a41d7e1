using AutoTower.Autograd.Devices.Cpu.Gemm;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu.Ranking;

/// <summary>Item vectors as float32 rows, widened a tile at a time where they are stored as bfloat16.</summary>
internal readonly unsafe struct ItemRows(ItemTable table)
{
    /// <summary>The items.</summary>
    public ItemTable Table => table;

    /// <summary>Elements of scratch memory that <see cref="Tile"/> needs for <paramref name="rows"/> rows.</summary>
    public int ScratchSize(int rows) => table.Format == VectorFormat.Float32 ? 0 : rows * table.Columns;

    /// <summary>Rows [<paramref name="first"/>, <paramref name="end"/>).</summary>
    public RowView Tile(int first, int end, float* scratch)
    {
        if (table.Format == VectorFormat.Float32)
        {
            return new RowView(new Matrix(table.Address + (nint)first * table.Stride * sizeof(float), end - first, table.Columns, table.Stride));
        }

        for (var row = first; row < end; row++)
        {
            var from = (ushort*)table.Address + (nint)row * table.Stride;
            var to = scratch + (nint)(row - first) * table.Columns;
            for (var i = 0; i < table.Columns; i++)
            {
                to[i] = BitConverter.UInt32BitsToSingle((uint)from[i] << 16);
            }
        }

        return new RowView(new Matrix((nint)scratch, end - first, table.Columns));
    }

    /// <summary>Whether an item may be returned to anyone.</summary>
    public bool IsAllowed(int item) =>
        table.Allowed.IsAbsent || (((int*)table.Allowed.Address)[item >> 5] >> (item & 31) & 1) != 0;

    /// <summary>Adds the item's bias to a row of scores.</summary>
    public float Bias(int item) => table.Bias.IsAbsent ? 0 : ((float*)table.Bias.Address)[item];
}
