using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cuda.Histories;

/// <summary>
/// Shared memory that a block of the history kernels needs for some examples; mirrors how they divide it (Arrays in
/// kernels/common/history_projection.cuh and history_self_attentive.cu).
/// </summary>
/// <param name="Kind">The pooling.</param>
/// <param name="Length">L.</param>
/// <param name="Width">d.</param>
/// <param name="Fields">Number of fields.</param>
internal readonly record struct HistoryMemory(HistoryPoolingKind Kind, int Length, int Width, int Fields)
{
    /// <summary>Rows of which products on tensor cores take a multiple.</summary>
    private const int TileRows = 16;

    /// <summary>Floats past the last row of a matrix that products read.</summary>
    private const int PastRows = 4;

    /// <summary>Words for what scales are made of.</summary>
    private const int Magnitudes = 4;

    /// <summary>Floats that a backward pass can lend to the sums of small tables.</summary>
    public int ScatterFloats(int examples) => Kind switch
    {
        HistoryPoolingKind.SelfAttention => examples * Length * PairStride(2 * Padded(Width, 8)),
        HistoryPoolingKind.SelfAttentive => examples * Length * Stride(Width),
        _ => 4096,
    };

    /// <summary>
    /// Self-attention: rows of the first layer's weight that a block holds at once, all of them where <paramref name="bytes"/> are enough.
    /// </summary>
    public int Panel(int examples, bool backward, int bytes)
    {
        if (Kind != HistoryPoolingKind.SelfAttention)
        {
            return 0;
        }

        var panel = Padded(2 * Padded(Width, 8), TileRows);
        var row = PairStride(Width) * sizeof(float);
        var surplus = Bytes(examples, backward, panel) - bytes;
        return surplus <= 0 ? panel : Math.Max(panel - Padded((surplus + row - 1) / row, TileRows), TileRows);
    }

    /// <summary>Least bytes of a block with one example.</summary>
    public int LeastBytes(bool backward) => Bytes(1, backward, Panel(1, backward, 0));

    /// <summary>
    /// Bytes of a block with <paramref name="examples"/> and <paramref name="panel"/> rows of the weight; of a sum pooling without the sums of
    /// small tables.
    /// </summary>
    public int Bytes(int examples, bool backward, int panel)
    {
        var rows = examples * Length;
        var found = Padded(2 * rows * Fields, 4);
        var floats = Kind switch
        {
            HistoryPoolingKind.SelfAttention =>
                (rows * (PairStride(Width) + ((backward ? 2 : 1) * PairStride(2 * Padded(Width, 8))) + PairStride(Length)))
                + (panel * PairStride(Width)) + (2 * Padded(Width, 8)) + Padded(rows, 4) + (backward ? examples * Padded(Length, 8) : 0) + Padded(examples, 4)
                + (3 * examples * Stride(Width)) + found + Magnitudes + ((backward ? 5 : 4) * PastRows),
            HistoryPoolingKind.SelfAttentive => (rows * (backward ? 4 : 3) * Stride(Width)) + (2 * Padded(rows, 4)) + found,
            _ => found,
        };
        return floats * sizeof(float);
    }

    // Of rows that products read as floats.
    private static int Stride(int width)
    {
        var whole = Padded(width, 16);
        return whole % 32 == 16 ? whole : whole + 16;
    }

    // Of rows of pairs (kernels/common/pair_rows.cuh).
    private static int PairStride(int width) => Padded(width, 8) + 4;

    private static int Padded(int count, int multiple) => (count + multiple - 1) / multiple * multiple;
}
