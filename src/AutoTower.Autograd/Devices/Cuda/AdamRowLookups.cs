using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>The look-ups of one launch, laid out as Lookups in adam_rows.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AdamRowLookups
{
    /// <summary>Most look-ups of one launch.</summary>
    public const int Most = 8;

    private Entries _entries;
    private int _count;

    /// <summary>Whether there is no room for another.</summary>
    public readonly bool IsFull => _count == Most;

    /// <summary>Blocks of all look-ups.</summary>
    /// <remarks>Behind the count, where the kernel's struct ends.</remarks>
    public int Blocks { get; private set; }

    /// <summary>Adds a look-up whose places begin at <paramref name="firstPlace"/> among those of the table.</summary>
    public void Add(TouchedRows touched, RowLookup lookup, int firstPlace, int placesPerBlock)
    {
        _entries[_count++] = new Entry
        {
            Values = lookup.Field.Values.Address,
            Offsets = lookup.Field.Offsets.Address,
            Ids = lookup.Ids.Address,
            Rows = touched.Rows.Slice(firstPlace, lookup.Places).Address,
            Owners = touched.Table.Owners.Address,
            Length = lookup.Ids.Length,
            Most = lookup.MostValues,
            FirstOnly = lookup.Field.FirstOnly ? 1 : 0,
            FirstPlace = firstPlace,
            FirstBlock = Blocks,
        };
        Blocks += (lookup.Places + placesPerBlock - 1) / placesPerBlock;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Entry
    {
        public nint Values;
        public nint Offsets;
        public nint Ids;
        public nint Rows;
        public nint Owners;
        public int Length;
        public int Most;
        public int FirstOnly;
        public int FirstPlace;
        public int FirstBlock;
    }

    [InlineArray(Most)]
    private struct Entries
    {
        private Entry _first;
    }
}
