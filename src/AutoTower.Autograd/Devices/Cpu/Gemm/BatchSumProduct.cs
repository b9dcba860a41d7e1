namespace AutoTower.Autograd.Devices.Cpu.Gemm;

/// <summary>
/// c += aᵀ b where the batch is long and c is small, as the gradient of a weight matrix is: the batch is cut into fixed chunks, each summed
/// by one thread from copies that stay in its cache, and the partial results are added in the order of the chunks.
/// </summary>
internal static unsafe class BatchSumProduct
{
    private const int ShortestChunk = 256;
    private const int MostChunks = 16;
    private const int LargestResult = 1 << 15;
    private const int ElementsAChunk = 4096;

    /// <summary>Whether this is the better way to compute a (rows x columns) sum of <paramref name="depth"/> terms.</summary>
    public static bool Suits(int rows, int columns, int depth) => (long)rows * columns <= LargestResult && depth >= 2 * ShortestChunk;

    /// <summary>c += aᵀ b with a (K, M), b (K, N) and c (M, N).</summary>
    public static void Add(CpuThreads threads, RowView a, RowView b, RowView c)
    {
        int rows = c.Rows, columns = c.Width;
        var length = Math.Max(ShortestChunk, (a.Rows + MostChunks - 1) / MostChunks);
        var chunks = (a.Rows + length - 1) / length;
        using var memory = threads.Scratch.Rent<float>((long)chunks * rows * columns);
        var partial = memory.Pointer;
        threads.For(a.Rows, length, (first, end) =>
        {
            var result = new Matrix((nint)(partial + (nint)(first / length) * rows * columns), rows, columns);
            Sum(threads.Scratch, a.Skip(first, end - first), b.Skip(first, end - first), new RowView(result));
        });
        threads.For(rows, Math.Max(1, ElementsAChunk / columns), (first, end) =>
        {
            for (var row = first; row < end; row++)
            {
                for (var chunk = 0; chunk < chunks; chunk++)
                {
                    VectorScale.AddScaled(c.Row(row), partial + ((nint)chunk * rows + row) * columns, 1, columns);
                }
            }
        });
    }

    private static void Sum(ScratchMemory scratch, RowView a, RowView b, RowView c)
    {
        var blocks = new DepthBlocks(a.Rows);
        using var memoryA = scratch.Rent<float>(PackedMatrix.Size(blocks.Length, c.Rows, MicroKernel.Rows));
        using var memoryB = scratch.Rent<float>(PackedMatrix.Size(blocks.Length, c.Width, MicroKernel.Columns));
        for (var block = 0; block < blocks.Count; block++)
        {
            int start = blocks.Start(block), depth = blocks.LengthOf(block);
            var packedA = new PackedMatrix(memoryA.Pointer, depth, c.Rows, MicroKernel.Rows);
            var packedB = new PackedMatrix(memoryB.Pointer, depth, c.Width, MicroKernel.Columns);
            Packing.PackAll(a.Skip(start, depth), false, packedA);
            Packing.PackAll(b.Skip(start, depth), false, packedB);
            Tile.Multiply(new LeftOperand(packedA), packedB, c, (0, 0), (0, c.Rows), (0, packedB.Panels), null, accumulate: block > 0);
        }
    }
}
