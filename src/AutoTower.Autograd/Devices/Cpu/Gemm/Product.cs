namespace AutoTower.Autograd.Devices.Cpu.Gemm;

/// <summary>The parallel matrix product of the CPU device: packs what has to be packed, then computes tiles of C independently.</summary>
internal static unsafe class Product
{
    private const int TilePanels = 8;
    private const int WantedTiles = 24;

    /// <summary>Multiply-adds below which handing work to other threads costs more than it saves.</summary>
    private const long SmallestParallel = 1 << 17;

    /// <summary>Elements below which the same holds for packing.</summary>
    private const long SmallestParallelPacking = 1 << 14;

    /// <summary>c = (accumulate ? c : bias) + a b, with c (M, N).</summary>
    /// <param name="threads">Who computes.</param>
    /// <param name="a">(M, K), or (K, M) with <paramref name="transposeA"/>.</param>
    /// <param name="transposeA">Whether k counts the rows of a.</param>
    /// <param name="b">(K, N), or (N, K) with <paramref name="transposeB"/>.</param>
    /// <param name="transposeB">Whether k runs along the rows of b.</param>
    /// <param name="c">(M, N).</param>
    /// <param name="bias">(N) added to every row where not accumulating, or null.</param>
    /// <param name="accumulate">Whether c is added to.</param>
    public static void Multiply(
        CpuThreads threads, RowView a, bool transposeA, RowView b, bool transposeB, RowView c, float* bias, bool accumulate)
    {
        int rows = c.Rows, columns = c.Width;
        var depth = transposeA ? a.Rows : a.Width;
        if (transposeA && !transposeB && accumulate && BatchSumProduct.Suits(rows, columns, depth))
        {
            BatchSumProduct.Add(threads, a, b, c);
            return;
        }

        using var memoryB = threads.Scratch.Rent<float>(PackedMatrix.Size(depth, columns, MicroKernel.Columns));
        using var memoryA = threads.Scratch.Rent<float>(transposeA ? PackedMatrix.Size(depth, rows, MicroKernel.Rows) : 0);
        var packedB = new PackedMatrix(memoryB.Pointer, depth, columns, MicroKernel.Columns);
        var packedA = new PackedMatrix(memoryA.Pointer, depth, rows, MicroKernel.Rows);
        var packingIsLong = (transposeA ? rows + columns : columns) * (long)depth >= SmallestParallelPacking;

        var chunksB = Packing.Chunks(packedB);
        var chunks = chunksB + (transposeA ? Packing.Chunks(packedA) : 0);
        Run(threads, packingIsLong, chunks, chunk =>
        {
            if (chunk < chunksB)
            {
                Packing.Pack(b, transposeB, packedB, chunk);
            }
            else
            {
                Packing.Pack(a, false, packedA, chunk - chunksB);
            }
        });

        var left = transposeA ? new LeftOperand(packedA) : new LeftOperand(a);
        var (tileRows, tilePanels) = TileShape(rows, packedB.Panels);
        var across = (packedB.Panels + tilePanels - 1) / tilePanels;
        var down = (rows + tileRows - 1) / tileRows;
        Run(threads, (long)rows * columns * depth >= SmallestParallel, across * down, tile =>
        {
            var (i, j) = Math.DivRem(tile, across);
            var rowRange = (i * tileRows, Math.Min(rows, (i + 1) * tileRows));
            var panelRange = (j * tilePanels, Math.Min(packedB.Panels, (j + 1) * tilePanels));
            Tile.Multiply(left, packedB, c, (0, 0), rowRange, panelRange, bias, accumulate);
        });
    }

    /// <summary>Packs b for use by several tiles; the caller keeps <paramref name="memory"/> alive.</summary>
    public static PackedMatrix Pack(CpuThreads threads, RowView b, bool transposed, ScratchMemory.Lease<float> memory)
    {
        var depth = transposed ? b.Width : b.Rows;
        var packed = new PackedMatrix(memory.Pointer, depth, transposed ? b.Rows : b.Width, MicroKernel.Columns);
        threads.Run(Packing.Chunks(packed), chunk => Packing.Pack(b, transposed, packed, chunk));
        return packed;
    }

    /// <summary>Large tiles reuse more, small ones keep all threads busy to the end; halve until there are enough.</summary>
    private static (int Rows, int Panels) TileShape(int rows, int panels)
    {
        int tileRows = Tile.RowsAtOnce, tilePanels = Math.Min(panels, TilePanels);
        while (tileRows > MicroKernel.Rows && Tiles(rows, tileRows) * Tiles(panels, tilePanels) < WantedTiles)
        {
            tileRows = tileRows / 2 / MicroKernel.Rows * MicroKernel.Rows;
        }

        while (tilePanels > 1 && Tiles(rows, tileRows) * Tiles(panels, tilePanels) < WantedTiles)
        {
            tilePanels /= 2;
        }

        return (tileRows, tilePanels);
    }

    private static int Tiles(int length, int tile) => (length + tile - 1) / tile;

    private static void Run(CpuThreads threads, bool parallel, int chunks, Action<int> body)
    {
        if (parallel)
        {
            threads.Run(chunks, body);
            return;
        }

        for (var chunk = 0; chunk < chunks; chunk++)
        {
            body(chunk);
        }
    }
}
