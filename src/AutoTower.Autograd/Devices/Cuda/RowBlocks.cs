namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>Grids of element-wise kernels in which a block owns whole rows, so that rows and columns are found by 32-bit divisions.</summary>
internal static class RowBlocks
{
    /// <summary>Rows of <paramref name="width"/> elements that make about <paramref name="elements"/> together, at least one.</summary>
    public static int RowsPerBlock(int width, int elements) => Math.Max(1, elements / Math.Max(1, width));
}
