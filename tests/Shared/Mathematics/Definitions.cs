namespace AutoTower.Tests.Mathematics;

/// <summary>What the layers compute, in double and in the plainest form (SPEC.md, Model). Letters as there.</summary>
internal static class Definitions
{
    /// <summary>x wᵀ + b, applied to each of n tokens: x (N, n*in), w (out, in), b (1, out) or null.</summary>
    public static DoubleMatrix Linear(DoubleMatrix x, DoubleMatrix w, DoubleMatrix? b, int tokens = 1)
    {
        var (inputs, outputs) = (w.Columns, w.Rows);
        return DoubleMatrix.Of(x.Rows, tokens * outputs, (i, column) =>
        {
            var (token, j) = Math.DivRem(column, outputs);
            var sum = b?[0, j] ?? 0;
            for (var k = 0; k < inputs; k++)
            {
                sum += x[i, (token * inputs) + k] * w[j, k];
            }

            return sum;
        });
    }

    /// <summary>y[i, c] = reduction of x[i, token, c] over the n tokens.</summary>
    public static DoubleMatrix ReduceTokens(DoubleMatrix x, int tokens, Func<IEnumerable<double>, double> reduction)
    {
        var width = x.Columns / tokens;
        return DoubleMatrix.Of(x.Rows, width, (i, c) => reduction(Enumerable.Range(0, tokens).Select(token => x[i, (token * width) + c])));
    }

    public static double Product(IEnumerable<double> values) => values.Aggregate(1.0, (product, value) => product * value);

    public static DoubleMatrix Relu(DoubleMatrix x) => x.Map(value => Math.Max(value, 0));

    public static DoubleMatrix Tanh(DoubleMatrix x) => x.Map(Math.Tanh);

    public static DoubleMatrix Sigmoid(DoubleMatrix x) => x.Map(value => 1 / (1 + Math.Exp(-value)));

    public static DoubleMatrix Add(DoubleMatrix x, DoubleMatrix y) => DoubleMatrix.Of(x.Rows, x.Columns, (i, j) => x[i, j] + y[i, j]);

    /// <summary>x[b, l] + position[l].</summary>
    public static DoubleMatrix AddPosition(DoubleMatrix x, DoubleMatrix position) =>
        DoubleMatrix.Of(x.Rows, x.Columns, (i, j) => x[i, j] + position[i % position.Rows, j]);

    public static DoubleMatrix TokenMeans(DoubleMatrix x, int tokens)
    {
        var width = x.Columns / tokens;
        return DoubleMatrix.Of(x.Rows, tokens, (i, token) => Enumerable.Range(0, width).Average(c => x[i, (token * width) + c]));
    }

    public static DoubleMatrix ScaleTokens(DoubleMatrix x, DoubleMatrix scale)
    {
        var width = x.Columns / scale.Columns;
        return DoubleMatrix.Of(x.Rows, x.Columns, (i, column) => x[i, column] * scale[i, column / width]);
    }

    /// <summary>Inner products of the pairs (0, 1), (0, 2), ..., (n-2, n-1).</summary>
    public static DoubleMatrix PairwiseProducts(DoubleMatrix x, int tokens)
    {
        var width = x.Columns / tokens;
        var pairs = (from i in Enumerable.Range(0, tokens) from j in Enumerable.Range(i + 1, tokens - i - 1) select (i, j)).ToArray();
        return DoubleMatrix.Of(x.Rows, pairs.Length, (row, pair) =>
            Enumerable.Range(0, width).Sum(c => x[row, (pairs[pair].i * width) + c] * x[row, (pairs[pair].j * width) + c]));
    }

    /// <summary>
    /// For each head: softmax_j(q_i . k_j / sqrt(A)) v_j, plus the residual. q, k, v, residual (B, n*H*A), tokens outermost.
    /// </summary>
    public static DoubleMatrix TokenAttention(
        DoubleMatrix query, DoubleMatrix key, DoubleMatrix value, DoubleMatrix residual, int tokens, int heads)
    {
        var width = query.Columns / tokens;
        var headWidth = width / heads;
        return DoubleMatrix.Of(query.Rows, query.Columns, (b, column) =>
        {
            var (i, inToken) = Math.DivRem(column, width);
            var first = inToken / headWidth * headWidth; // of the head
            var weights = Softmax(tokens, j => Enumerable.Range(first, headWidth)
                .Sum(c => query[b, (i * width) + c] * key[b, (j * width) + c]) / Math.Sqrt(headWidth));
            return residual[b, column] + Enumerable.Range(0, tokens).Sum(j => weights[j] * value[b, (j * width) + inToken]);
        });
    }

    /// <summary>gamma (x - mean) / sqrt(var + 1e-5) + beta with the batch's mean and biased variance.</summary>
    public static DoubleMatrix BatchNorm(DoubleMatrix x, DoubleMatrix gamma, DoubleMatrix beta)
    {
        var (means, variances) = Moments(x);
        return BatchNorm(x, gamma, beta, means, variances);
    }

    public static DoubleMatrix BatchNorm(DoubleMatrix x, DoubleMatrix gamma, DoubleMatrix beta, double[] means, double[] variances) =>
        DoubleMatrix.Of(x.Rows, x.Columns, (i, c) => (gamma[0, c] * (x[i, c] - means[c]) / Math.Sqrt(variances[c] + 1e-5)) + beta[0, c]);

    /// <summary>Mean and biased variance of each column.</summary>
    public static (double[] Means, double[] Variances) Moments(DoubleMatrix x)
    {
        double[] Columns(Func<int, double> ofColumn) => [.. Enumerable.Range(0, x.Columns).Select(ofColumn)];
        var means = Columns(c => Enumerable.Range(0, x.Rows).Average(i => x[i, c]));
        return (means, Columns(c => Enumerable.Range(0, x.Rows).Average(i => Math.Pow(x[i, c] - means[c], 2))));
    }

    /// <summary>Rows divided by max(length, 1e-12).</summary>
    public static DoubleMatrix L2Normalise(DoubleMatrix x)
    {
        var norms = Enumerable.Range(0, x.Rows).Select(i => Math.Sqrt(Enumerable.Range(0, x.Columns).Sum(c => x[i, c] * x[i, c]))).ToArray();
        return DoubleMatrix.Of(x.Rows, x.Columns, (i, c) => x[i, c] / Math.Max(norms[i], 1e-12));
    }

    public static double[] Softmax(int count, Func<int, double> score)
    {
        var scores = Enumerable.Range(0, count).Select(score).ToArray();
        var maximum = scores.Max();
        var exponentials = scores.Select(value => Math.Exp(value - maximum)).ToArray();
        var sum = exponentials.Sum();
        return [.. exponentials.Select(value => value / sum)];
    }

    /// <summary>-mean_i r_i log softmax_j(u_i . v_j / tau - log p_j)_i; log p and r may be null.</summary>
    public static double BatchSoftmax(DoubleMatrix users, DoubleMatrix items, double[]? logProbability, double[]? rewards, double temperature)
    {
        var batch = users.Rows;
        return -Enumerable.Range(0, batch).Average(i =>
        {
            var softmax = Softmax(batch, j =>
                (Enumerable.Range(0, users.Columns).Sum(c => users[i, c] * items[j, c]) / temperature) - (logProbability?[j] ?? 0));
            return (rewards?[i] ?? 1) * Math.Log(softmax[i]);
        });
    }

    public static double FrobeniusNorm(DoubleMatrix x) => Math.Sqrt(x.Data.Sum(value => value * value));
}
