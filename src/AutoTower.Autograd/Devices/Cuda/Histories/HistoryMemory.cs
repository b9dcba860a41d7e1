using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cuda.Histories;

/// <summary>
/// Shared memory that a block of the history kernels needs for some examples; mirrors how they divide it (Arrays in
/// kernels/history_self_attention.cu and history_self_attentive.cu).
/// </summary>
/// <param name="Kind">The pooling.</param>
/// <param name="Length">L.</param>
/// <param name="Width">d.</param>
/// <param name="Fields">Number of fields.</param>
internal readonly record struct HistoryMemory(HistoryPoolingKind Kind, int Length, int Width, int Fields)
{
    /// <summary>Floats that a backward pass can lend to the sums of small tables.</summary>
    public int ScatterFloats(int examples) => Kind switch
    {
        HistoryPoolingKind.SelfAttention => examples * Length * Stride(2 * Width),
        HistoryPoolingKind.SelfAttentive => examples * Length * Stride(Width),
        _ => 4096,
    };

    /// <summary>Bytes of a block with <paramref name="examples"/>; of a sum pooling without the sums of small tables.</summary>
    public int Bytes(int examples, bool backward)
    {
        var rows = examples * Length;
        var found = Padded(2 * rows * Fields);
        var stride = Stride(Width);
        var floats = Kind switch
        {
            HistoryPoolingKind.SelfAttention =>
                (rows * (stride + ((backward ? 2 : 1) * Stride(2 * Width)) + Stride(Length))) + (2 * Padded(rows)) + found
                + (3 * examples * stride),
            HistoryPoolingKind.SelfAttentive => (rows * (backward ? 4 : 3) * stride) + (2 * Padded(rows)) + found,
            _ => found,
        };
        return floats * sizeof(float);
    }

    private static int Stride(int width)
    {
        var whole = (width + 15) / 16 * 16;
        return whole % 32 == 16 ? whole : whole + 16;
    }

    private static int Padded(int floats) => (floats + 3) / 4 * 4;
}
