namespace AutoTower.Tests.Mathematics;

/// <summary>
/// The four poolings in double, as SPEC.md has them. Of L rows an example, the last lengths[b] are valid; nothing else is looked at.
/// </summary>
internal static class HistoryDefinitions
{
    /// <summary>Sum or mean of the valid rows; x (B*L, d), result (B, d).</summary>
    public static DoubleMatrix Sum(DoubleMatrix x, int[] lengths, bool average) => Pool(x, lengths, valid =>
        average ? [.. valid.Select(_ => 1.0 / valid.Length)] : [.. valid.Select(_ => 1.0)]);

    /// <summary>Weights softmax_l(tanh(hidden[b, l]) . w2) over the valid rows.</summary>
    public static DoubleMatrix SelfAttentive(DoubleMatrix hidden, DoubleMatrix w2, DoubleMatrix x, int[] lengths) => Pool(x, lengths, valid =>
        Definitions.Softmax(valid.Length, j => Enumerable.Range(0, x.Columns).Sum(c => Math.Tanh(hidden[valid[j], c]) * w2[0, c])));

    /// <summary>Column means of the attention matrix of one head, kept(b, i, j) its dropout factor: the weight of row j in the mean over i.</summary>
    public static DoubleMatrix SelfAttentionWeights(
        DoubleMatrix query, DoubleMatrix key, int[] lengths, Func<int, int, int, double> kept)
    {
        var length = query.Rows / lengths.Length;
        var weights = new DoubleMatrix(lengths.Length, length);
        for (var b = 0; b < lengths.Length; b++)
        {
            var start = length - lengths[b];
            for (var i = start; i < length; i++)
            {
                var attention = Softmax(query, (b * length) + i, key, (b * length) + start, lengths[b]);
                for (var j = start; j < length; j++)
                {
                    weights[b, j] += kept(b, i, j) * attention[j - start] / lengths[b];
                }
            }
        }

        return weights;
    }

    /// <summary>
    /// Self-attention pooling in the order of SPEC.md: attention over value vectors, output projection of every row, then the masked mean.
    /// </summary>
    public static DoubleMatrix SelfAttention(
        DoubleMatrix query, DoubleMatrix key, DoubleMatrix value, DoubleMatrix outputWeight, DoubleMatrix outputBias, int[] lengths,
        Func<int, int, int, double> kept)
    {
        var length = query.Rows / lengths.Length;
        var attended = new DoubleMatrix(query.Rows, query.Columns);
        for (var b = 0; b < lengths.Length; b++)
        {
            var start = length - lengths[b];
            for (var i = start; i < length; i++)
            {
                var attention = Softmax(query, (b * length) + i, key, (b * length) + start, lengths[b]);
                for (var j = start; j < length; j++)
                {
                    for (var c = 0; c < query.Columns; c++)
                    {
                        attended[(b * length) + i, c] += kept(b, i, j) * attention[j - start] * value[(b * length) + j, c];
                    }
                }
            }
        }

        return Sum(Definitions.Linear(attended, outputWeight, outputBias), lengths, average: true);
    }

    private static double[] Softmax(DoubleMatrix query, int row, DoubleMatrix key, int firstKey, int count) => Definitions.Softmax(
        count, j => Enumerable.Range(0, query.Columns).Sum(c => query[row, c] * key[firstKey + j, c]) / Math.Sqrt(query.Columns));

    /// <summary>The weighted sum of the valid rows; an empty history gives zero.</summary>
    private static DoubleMatrix Pool(DoubleMatrix x, int[] lengths, Func<int[], double[]> weigh)
    {
        var length = x.Rows / lengths.Length;
        var result = new DoubleMatrix(lengths.Length, x.Columns);
        for (var b = 0; b < lengths.Length; b++)
        {
            if (lengths[b] == 0)
            {
                continue;
            }

            var valid = Enumerable.Range((b * length) + length - lengths[b], lengths[b]).ToArray();
            var weights = weigh(valid);
            for (var j = 0; j < valid.Length; j++)
            {
                for (var c = 0; c < x.Columns; c++)
                {
                    result[b, c] += weights[j] * x[valid[j], c];
                }
            }
        }

        return result;
    }
}
