using System.Runtime.CompilerServices;

namespace AutoTower.Autograd.Devices.Cpu.Gemm;

/// <summary>One thread's part of a product: a range of rows and of column panels of C over the whole depth.</summary>
internal static unsafe class Tile
{
    /// <summary>c[rows, columns] = (accumulate ? c : bias) + a b.</summary>
    /// <param name="a">Left operand.</param>
    /// <param name="b">Right operand in panels of 16 columns.</param>
    /// <param name="c">Rows of the result.</param>
    /// <param name="shift">Where element (0, 0) of the product would lie in <paramref name="c"/>, if c holds only a part of it.</param>
    /// <param name="rows">First row and end; the first is a multiple of six where a is packed.</param>
    /// <param name="panels">First panel and end.</param>
    /// <param name="bias">One element a column of the product, or null.</param>
    /// <param name="accumulate">Whether C is added to.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
        var aRows = stackalloc float*[MicroKernel.Rows];
        var cRows = stackalloc float*[MicroKernel.Rows];
        var unused = stackalloc float[MicroKernel.Columns];
        var edge = stackalloc float[MicroKernel.Rows * MicroKernel.Columns];
        for (var block = 0; block < b.Blocks.Count; block++)
        {
            var k = b.Blocks.Start(block);
            var depth = b.Blocks.LengthOf(block);
            var add = accumulate || block > 0;
            for (var panel = panels.First; panel < panels.End; panel++)
            {
                // The panel of B stays in the first-level cache while the rows of A pass by.
                var column = panel * MicroKernel.Columns;
                var columns = Math.Min(MicroKernel.Columns, b.Lines - column);
                var initial = bias == null || add ? null : bias + column;
                for (var row = rows.First; row < rows.End; row += MicroKernel.Rows)
                {
                    a.Rows(row, rows.End, block, k, aRows);
                    for (var i = 0; i < MicroKernel.Rows; i++)
                    {
                        cRows[i] = row + i < rows.End ? c.Row(row + i + shift.Row) + column + shift.Column : unused;
                    }

                    if (columns == MicroKernel.Columns)
                    {
                        MicroKernel.Multiply(depth, aRows, a.Step, b.Panel(block, panel), cRows, initial, add);
                    }
                    else
                    {
                        Edge(depth, aRows, a.Step, b.Panel(block, panel), cRows, initial, add, Math.Min(MicroKernel.Rows, rows.End - row), columns, edge);
                    }
                }
            }
        }
    }

    /// <summary>A tile that sticks out to the right is computed aside, and its part inside copied.</summary>
    private static void Edge(
        int depth, float** a, nint aStep, float* b, float** c, float* initial, bool accumulate, int rows, int columns, float* edge)
    {
        var edgeRows = stackalloc float*[MicroKernel.Rows];
        for (var i = 0; i < MicroKernel.Rows; i++)
        {
            edgeRows[i] = edge + i * MicroKernel.Columns;
        }

        MicroKernel.Multiply(depth, a, aStep, b, edgeRows, null, false);
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
            {
                var before = accumulate ? c[i][j] : initial == null ? 0 : initial[j];
                c[i][j] = edgeRows[i][j] + before;
            }
        }
    }
}
