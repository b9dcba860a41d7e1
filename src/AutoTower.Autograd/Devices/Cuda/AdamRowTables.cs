using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>The tables of one launch, laid out as Tables in adam_rows.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AdamRowTables
{
    /// <summary>Most tables of one launch.</summary>
    public const int Most = 8;

    private Entries _entries;
    private int _count;

    /// <summary>Takes up to <see cref="Most"/> tables with the rows that were found in them.</summary>
    public AdamRowTables(ReadOnlySpan<TouchedRows> touched, int placesPerBlock)
    {
        foreach (ref readonly var rows in touched)
        {
            Add(rows.Table, rows.Rows.Address, rows.Rows.Length, placesPerBlock);
        }
    }

    /// <summary>Takes up to <see cref="Most"/> tables with all their rows.</summary>
    public AdamRowTables(ReadOnlySpan<RowTable> tables, int placesPerBlock)
    {
        foreach (ref readonly var table in tables)
        {
            Add(table, 0, table.Rows, placesPerBlock);
        }
    }

    /// <summary>Blocks of all tables.</summary>
    /// <remarks>Behind the count, where the kernel's struct ends.</remarks>
    public int Blocks { get; private set; }

    private void Add(RowTable table, nint rows, int places, int placesPerBlock)
    {
        _entries[_count++] = new Entry
        {
            Offset = table.Offset,
            LastGradient = table.LastGradient.Address,
            CaughtUp = table.CaughtUp.Address,
            Owners = table.Owners.Address,
            Rows = rows,
            Columns = table.Columns,
            Counter = table.Counter,
            Places = places,
            FirstBlock = Blocks,
        };
        Blocks += (places + placesPerBlock - 1) / placesPerBlock;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Entry
    {
        public long Offset;
        public nint LastGradient;
        public nint CaughtUp;
        public nint Owners;
        public nint Rows;
        public int Columns;
        public int Counter;
        public int Places;
        public int FirstBlock;
    }

    [InlineArray(Most)]
    private struct Entries
    {
        private Entry _first;
    }
}
