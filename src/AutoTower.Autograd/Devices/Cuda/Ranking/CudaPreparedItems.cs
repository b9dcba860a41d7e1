using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Kernels.Memory;

namespace AutoTower.Autograd.Devices.Cuda.Ranking;

/// <summary>Items with what screening on tensor cores reads; see kernels/topk_prepare.cu.</summary>
internal sealed class CudaPreparedItems : PreparedItems
{
    private readonly CudaDeviceVariable<ushort>? _screen;
    private readonly CudaDeviceVariable<float>? _bias;
    private readonly CudaDeviceVariable<float>? _bounds;

    /// <summary>Items that are streamed, never screened.</summary>
    public CudaPreparedItems(ItemTable table)
        : base(table)
    {
    }

    /// <summary>Items with memory for screening, not filled yet.</summary>
    public CudaPreparedItems(ItemTable table, DeviceMemoryPool pool, int depth, int tileItems)
        : base(table)
    {
        Depth = depth;
        TileItems = tileItems;
        PaddedRows = (int)(((long)table.Rows + tileItems - 1) / tileItems * tileItems);
        try
        {
            _screen = pool.Allocate<ushort>((long)PaddedRows * depth, "item vectors for screening");
            _bias = pool.Allocate<float>(PaddedRows, "item bias for screening");
            _bounds = pool.Allocate<float>(3, "bounds of item vectors");
        }
        catch
        {
            Dispose(true);
            throw;
        }
    }

    /// <summary>Whether screening is possible.</summary>
    public bool IsScreened => _bounds is not null;

    /// <summary>Elements of a screened vector, zeros included.</summary>
    public int Depth { get; }

    /// <summary>Items of a tile.</summary>
    public int TileItems { get; }

    /// <summary>Rows in whole tiles.</summary>
    public int PaddedRows { get; }

    /// <summary>(PaddedRows, Depth), fp16.</summary>
    public nint Screen => _screen!.Pointer;

    /// <summary>(PaddedRows).</summary>
    public nint Bias => _bias!.Pointer;

    /// <summary>Largest norm, norm of what rounding left, and bias: <c>Bounds</c> in topk_prepare.cu.</summary>
    public CudaDeviceView<float> Bounds => _bounds!.View;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _screen?.Dispose();
        _bias?.Dispose();
        _bounds?.Dispose();
        base.Dispose(disposing);
    }
}
