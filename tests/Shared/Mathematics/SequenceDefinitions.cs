namespace AutoTower.Tests.Mathematics;

/// <summary>Attention within histories and interests of users, in double. Of L rows an example, the last lengths[b] are valid.</summary>
internal static class SequenceDefinitions
{
    /// <summary>Multi-head attention: projected (B*L, 3d) = query | key | value, result (B*L, d), zero at padding.</summary>
    public static DoubleMatrix Attention(DoubleMatrix projected, int[] lengths, int heads)
    {
        var length = projected.Rows / lengths.Length;
        var d = projected.Columns / 3;
        var width = d / heads;
        return DoubleMatrix.Of(projected.Rows, d, (row, column) =>
        {
            var (b, i) = Math.DivRem(row, length);
            var first = (b * length) + length - lengths[b];
            if (row < first)
            {
                return 0;
            }

            var head = column / width * width;
            var weights = Definitions.Softmax(lengths[b], j => Enumerable.Range(head, width)
                .Sum(c => projected[row, c] * projected[first + j, d + c]) / Math.Sqrt(width));
            return weights.Select((weight, j) => weight * projected[first + j, (2 * d) + column]).Sum();
        });
    }

    /// <summary>Routing weights (B, K*L) of the last of <paramref name="iterations"/> rounds, zero at padding.</summary>
    public static DoubleMatrix RoutingWeights(DoubleMatrix x, int[] lengths, DoubleMatrix initial, int iterations)
    {
        var (interests, length) = (initial.Rows, initial.Columns);
        var weights = new DoubleMatrix(lengths.Length, interests * length);
        for (var b = 0; b < lengths.Length; b++)
        {
            var logits = DoubleMatrix.Of(interests, length, (k, l) => initial[k, l]);
            for (var round = 0; round < iterations; round++)
            {
                for (var l = length - lengths[b]; l < length; l++)
                {
                    var softmax = Definitions.Softmax(interests, k => logits[k, l]);
                    for (var k = 0; k < interests; k++)
                    {
                        weights[b, (k * length) + l] = softmax[k];
                    }
                }

                var capsules = Capsules(x, weights, lengths.Length, interests);
                logits = DoubleMatrix.Of(interests, length, (k, l) => logits[k, l] + Enumerable.Range(0, x.Columns)
                    .Sum(c => capsules[(b * interests) + k, c] * x[(b * length) + l, c]));
            }
        }

        return weights;
    }

    /// <summary>Squashed weighted sums (B*K, c) of x (B*L, c) under weights (B, K*L).</summary>
    public static DoubleMatrix Capsules(DoubleMatrix x, DoubleMatrix weights, int examples, int interests)
    {
        var length = x.Rows / examples;
        var sums = DoubleMatrix.Of(examples * interests, x.Columns, (row, c) => Enumerable.Range(0, length)
            .Sum(l => weights[row / interests, (row % interests * length) + l] is var weight && weight != 0 ? weight * x[(row / interests * length) + l, c] : 0));
        var squares = Enumerable.Range(0, sums.Rows).Select(row => Enumerable.Range(0, x.Columns).Sum(c => sums[row, c] * sums[row, c])).ToArray();
        return DoubleMatrix.Of(sums.Rows, sums.Columns, (row, c) => Math.Sqrt(squares[row]) / (1 + squares[row]) * sums[row, c]);
    }

    /// <summary>sum_k softmax_k(scale v_k . e) v_k for users (B, K*O) and items (B, O).</summary>
    public static DoubleMatrix LabelAttention(DoubleMatrix users, DoubleMatrix items, double scale)
    {
        var width = items.Columns;
        var interests = users.Columns / width;
        return DoubleMatrix.Of(items.Rows, width, (b, column) =>
        {
            var weights = Definitions.Softmax(interests, k => scale * Enumerable.Range(0, width).Sum(c => users[b, (k * width) + c] * items[b, c]));
            return Enumerable.Range(0, interests).Sum(k => weights[k] * users[b, (k * width) + column]);
        });
    }

    /// <summary>Layer norm of the rows of x + residual.</summary>
    public static DoubleMatrix AddLayerNorm(DoubleMatrix x, DoubleMatrix residual, DoubleMatrix gamma, DoubleMatrix beta)
    {
        var sum = Definitions.Add(x, residual);
        return DoubleMatrix.Of(x.Rows, x.Columns, (i, c) =>
        {
            var mean = Enumerable.Range(0, x.Columns).Average(other => sum[i, other]);
            var variance = Enumerable.Range(0, x.Columns).Average(other => Math.Pow(sum[i, other] - mean, 2));
            return (gamma[0, c] * (sum[i, c] - mean) / Math.Sqrt(variance + 1e-5)) + beta[0, c];
        });
    }
}
