using System.Runtime.InteropServices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cuda.Ranking;

/// <summary><c>Items</c> of kernels/common/ranking.cuh.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct ItemsArgument(ItemTable table)
{
    private readonly nint _vectors = table.Address;
    private readonly nint _bias = table.Bias.Address;
    private readonly nint _allowed = table.Allowed.Address;
    private readonly int _rows = table.Rows;
    private readonly int _columns = table.Columns;
    private readonly int _stride = table.Stride;
    private readonly int _isBFloat16 = table.Format == VectorFormat.BFloat16 ? 1 : 0;
}

/// <summary><c>Exclusions</c> of kernels/common/ranking.cuh.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct ExclusionsArgument(nint offsets, nint items)
{
    private readonly nint _offsets = offsets;
    private readonly nint _items = items;
}

/// <summary><c>Lists</c> of kernels/common/ranking.cuh.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct ListsArgument(nint candidates, nint counts, nint limits, nint margins, int capacity)
{
    private readonly nint _candidates = candidates;
    private readonly nint _counts = counts;
    private readonly nint _limits = limits;
    private readonly nint _margins = margins;
    private readonly int _capacity = capacity;
}
