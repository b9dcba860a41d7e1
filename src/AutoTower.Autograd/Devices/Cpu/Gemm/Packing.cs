using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AutoTower.Autograd.Devices.Cpu.Gemm;

/// <summary>Fills panels of a <see cref="PackedMatrix"/> from a matrix in either orientation.</summary>
internal static unsafe class Packing
{
    /// <summary>Panels packed by one chunk: some 96 neighbouring columns, so that reads run along rows.</summary>
    private const int LinesAChunk = 96;

    /// <summary>Number of independent chunks that packing consists of.</summary>
    public static int Chunks(in PackedMatrix packed) => packed.Blocks.Count * ChunksABlock(packed);

    /// <summary>Packs everything on the calling thread; see <see cref="Pack"/>.</summary>
    public static void PackAll(in RowView source, bool linesAreRows, in PackedMatrix packed)
    {
        for (var chunk = 0; chunk < Chunks(packed); chunk++)
        {
            Pack(source, linesAreRows, packed, chunk);
        }
    }

    /// <summary>Packs one chunk.</summary>
    /// <param name="source">The matrix.</param>
    /// <param name="linesAreRows">True where a line of the operand is a row of the matrix and k runs along it; false where k counts rows.</param>
    /// <param name="packed">Destination.</param>
    /// <param name="chunk">Which chunk, below <see cref="Chunks"/>.</param>
    public static void Pack(in RowView source, bool linesAreRows, in PackedMatrix packed, int chunk)
    {
        var (block, part) = Math.DivRem(chunk, ChunksABlock(packed));
        var panels = LinesAChunk / packed.PanelWidth;
        var first = part * panels;
        var end = Math.Min(packed.Panels, first + panels);
        if (linesAreRows)
        {
            for (var panel = first; panel < end; panel++)
            {
                PackRows(source, packed, block, panel);
            }
        }
        else
        {
            PackColumns(source, packed, block, first, end);
        }
    }

    private static int ChunksABlock(in PackedMatrix packed)
    {
        var panels = LinesAChunk / packed.PanelWidth;
        return (packed.Panels + panels - 1) / panels;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackRows(in RowView source, in PackedMatrix packed, int block, int panel)
    {
        var width = packed.PanelWidth;
        var start = packed.Blocks.Start(block);
        var depth = packed.Blocks.LengthOf(block);
        var destination = packed.Panel(block, panel);
        var line = 0;
        var lines = Math.Min(width, packed.Lines - panel * width);
        for (; line + 4 <= lines; line += 4)
        {
            // Four rows at a time keeps the reads in four streams and the writes in one.
            var row = panel * width + line;
            float* r0 = source.Row(row) + start, r1 = source.Row(row + 1) + start, r2 = source.Row(row + 2) + start, r3 = source.Row(row + 3) + start;
            var to = destination + line;
            for (nint k = 0; k < depth; k++)
            {
                to[0] = r0[k];
                to[1] = r1[k];
                to[2] = r2[k];
                to[3] = r3[k];
                to += width;
            }
        }

        for (; line < width; line++)
        {
            var to = destination + line;
            var from = line < lines ? source.Row(panel * width + line) + start : null;
            for (nint k = 0; k < depth; k++)
            {
                *to = from == null ? 0 : from[k];
                to += width;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackColumns(in RowView source, in PackedMatrix packed, int block, int firstPanel, int endPanel)
    {
        var width = packed.PanelWidth;
        var start = packed.Blocks.Start(block);
        var depth = packed.Blocks.LengthOf(block);
        var destination = packed.Panel(block, firstPanel);
        for (var k = 0; k < depth; k++)
        {
            var row = source.Row(start + k);
            var to = destination + (nint)k * width;
            for (var panel = firstPanel; panel < endPanel; panel++)
            {
                var from = row + panel * width;
                if ((panel + 1) * width > packed.Lines)
                {
                    CopyPart(from, to, packed.Lines - panel * width, width);
                }
                else if (width == MicroKernel.Columns)
                {
                    Vector256.Load(from).Store(to);
                    Vector256.Load(from + 8).Store(to + 8);
                }
                else
                {
                    // Six elements as two overlapping vectors of four.
                    Vector128.Load(from).Store(to);
                    Vector128.Load(from + 2).Store(to + 2);
                }

                to += (nint)depth * width;
            }
        }
    }

    private static void CopyPart(float* from, float* to, int present, int width)
    {
        for (var i = 0; i < width; i++)
        {
            to[i] = i < present ? from[i] : 0;
        }
    }
}
