using System.Runtime.CompilerServices;

namespace AutoTower.Autograd.Devices.Cpu.Gemm;

/// <summary>One thread's part of a product: a range of rows and of column panels of C over the whole depth.</summary>
internal static unsafe class Tile
{
    /// <summary>Rows that pass by a panel of B before the next panel comes: few enough for their part of A to stay in the second-level cache.</summary>
    public const int RowsAtOnce = 16 * MicroKernel.Rows;

    /// <summary>c[rows, columns] = (accumulate ? c : bias) + a b.</summary>
    /// <param name="a">Left operand.</param>
    /// <param name="b">Right operand in panels of 16 columns.</param>
    /// <param name="c">Rows of the result.</param>
    /// <param name="shift">Where element (0, 0) of the product would lie in <paramref name="c"/>, if c holds only a part of it.</param>
    /// <param name="rows">First row and end; the first is a multiple of six where a is packed.</param>
    /// <param name="panels">First panel and end.</param>
    /// <param name="bias">One element a column of the product, or null.</param>
    /// <param name="accumulate">Whether C is added to.</param>
    public static void Multiply(
        in LeftOperand a,
        in PackedMatrix b,
        in RowView c,
        (int Row, int Column) shift,
        (int First, int End) rows,
        (int First, int End) panels,
        float* bias,
        bool accumulate)
    {
        var aRows = stackalloc float*[RowsAtOnce];
        var cRows = stackalloc float*[RowsAtOnce];
        for (var first = rows.First; first < rows.End; first += RowsAtOnce)
        {
            var end = Math.Min(rows.End, first + RowsAtOnce);
            for (var row = first; row < end; row++)
            {
                cRows[row - first] = c.Row(row + shift.Row) + shift.Column;
            }

            for (var block = 0; block < b.Blocks.Count; block++)
            {
                a.Rows(first, end, block, b.Blocks.Start(block), aRows);
                MultiplyBlock(aRows, a.Step, end - first, b, block, panels, cRows, bias, accumulate || block > 0);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyBlock(
        float** a, nint aStep, int rows, in PackedMatrix b, int block, (int First, int End) panels, float** c, float* bias, bool accumulate)
    {
        var depth = b.Blocks.LengthOf(block);
        for (var panel = panels.First; panel < panels.End; panel++)
        {
            // The panel of B stays in the first-level cache while the rows of A pass by.
            var data = b.Panel(block, panel);
            var column = panel * MicroKernel.Columns;
            var columns = Math.Min(MicroKernel.Columns, b.Lines - column);
            var initial = bias == null || accumulate ? null : bias + column;
            for (var row = 0; row < rows; row += MicroKernel.Rows)
            {
                if (columns == MicroKernel.Columns && row + MicroKernel.Rows <= rows)
                {
                    MicroKernel.Multiply(depth, a + row, aStep, data, c + row, column, initial, accumulate);
                }
                else
                {
                    Edge(depth, a + row, aStep, data, c + row, column, initial, accumulate, Math.Min(MicroKernel.Rows, rows - row), columns);
                }
            }
        }
    }

    /// <summary>A tile that sticks out is computed aside, and its part inside copied.</summary>
    private static void Edge(
        int depth, float** a, nint aStep, float* b, float** c, nint column, float* initial, bool accumulate, int rows, int columns)
    {
        var tile = stackalloc float[MicroKernel.Rows * MicroKernel.Columns];
        var tileRows = stackalloc float*[MicroKernel.Rows];
        for (var i = 0; i < MicroKernel.Rows; i++)
        {
            tileRows[i] = tile + i * MicroKernel.Columns;
        }

        MicroKernel.Multiply(depth, a, aStep, b, tileRows, 0, null, false);
        for (var i = 0; i < rows; i++)
        {
            var to = c[i] + column;
            for (var j = 0; j < columns; j++)
            {
                var before = accumulate ? to[j] : initial == null ? 0 : initial[j];
                to[j] = tileRows[i][j] + before;
            }
        }
    }
}
