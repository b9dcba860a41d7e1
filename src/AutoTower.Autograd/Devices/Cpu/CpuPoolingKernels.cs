using System.Numerics.Tensors;
using AutoTower.Autograd.Devices.Cpu.Pooling;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

internal sealed unsafe class CpuPoolingKernels(CpuThreads threads) : IPoolingKernels
{
    private const int ExamplesAChunk = 16;

    public void SumForward(Matrix x, IntegerArray lengths, bool average, Matrix y)
    {
        var history = new Histories(x, lengths);
        threads.For(y.Rows, ExamplesAChunk, (first, end) =>
        {
            for (var b = first; b < end; b++)
            {
                var output = y.Row(b);
                output.Clear();
                for (var l = history.Start(b); l < history.Length; l++)
                {
                    TensorPrimitives.Add<float>(output, history.Row(b, l), output);
                }

                if (average && history.Valid(b) > 1)
                {
                    TensorPrimitives.Multiply(output, 1f / history.Valid(b), output);
                }
            }
        });
    }

    public void SumBackward(Matrix dy, IntegerArray lengths, bool average, Matrix dx)
    {
        var gradients = new Histories(dx, lengths);
        threads.For(dy.Rows, ExamplesAChunk, (first, end) =>
        {
            for (var b = first; b < end; b++)
            {
                var factor = average ? 1f / Math.Max(1, gradients.Valid(b)) : 1f;
                for (var l = gradients.Start(b); l < gradients.Length; l++)
                {
                    AddScaled(dy.Row(b), factor, gradients.Row(b, l));
                }
            }
        });
    }

    public void SelfAttentiveForward(Matrix hidden, Matrix w2, Matrix x, IntegerArray lengths, Matrix weights, Matrix y)
    {
        var history = new Histories(x, lengths);
        var activations = new Histories(hidden, lengths);
        threads.For(y.Rows, ExamplesAChunk, (first, end) =>
        {
            for (var b = first; b < end; b++)
            {
                var attention = weights.Row(b);
                attention.Clear();
                y.Row(b).Clear();
                var start = history.Start(b);
                for (var l = start; l < history.Length; l++)
                {
                    TensorPrimitives.Tanh<float>(activations.Row(b, l), activations.Row(b, l));
                    attention[l] = TensorPrimitives.Dot<float>(activations.Row(b, l), w2.Row(0));
                }

                Softmax.Apply(attention[start..]);
                for (var l = start; l < history.Length; l++)
                {
                    AddScaled(history.Row(b, l), attention[l], y.Row(b));
                }
            }
        });
    }

    public void SelfAttentiveBackward(
        Matrix t, Matrix w2, Matrix x, IntegerArray lengths, Matrix weights, Matrix dy, Matrix dHidden, Matrix dW2, Matrix dx)
    {
        var history = new Histories(x, lengths);
        var activations = new Histories(t, lengths);
        var width = x.Columns;
        var chunks = (dy.Rows + ExamplesAChunk - 1) / ExamplesAChunk;
        using var memory = threads.Scratch.Rent<float>((long)chunks * width);
        var partials = new Matrix((nint)memory.Pointer, chunks, width); // of dW2, per chunk of examples
        threads.For(dy.Rows, ExamplesAChunk, (first, end) =>
        {
            var partial = partials.Row(first / ExamplesAChunk);
            partial.Clear();
            var scores = new float[history.Length];
            for (var b = first; b < end; b++)
            {
                var attention = weights.Row(b);
                var start = history.Start(b);
                var mean = 0f;
                for (var l = start; l < history.Length; l++)
                {
                    scores[l] = TensorPrimitives.Dot<float>(dy.Row(b), history.Row(b, l));
                    mean += attention[l] * scores[l];
                    if (!dx.IsAbsent)
                    {
                        AddScaled(dy.Row(b), attention[l], dx.Row((b * history.Length) + l));
                    }
                }

                for (var l = 0; l < history.Length; l++)
                {
                    var gradient = dHidden.Row((b * history.Length) + l);
                    if (l < start)
                    {
                        gradient.Clear();
                        continue;
                    }

                    var score = attention[l] * (scores[l] - mean);
                    var activation = activations.Row(b, l);
                    AddScaled(activation, score, partial);
                    for (var c = 0; c < width; c++)
                    {
                        gradient[c] = score * w2.Row(0)[c] * (1 - (activation[c] * activation[c]));
                    }
                }
            }
        });
        for (var chunk = 0; chunk < chunks; chunk++)
        {
            TensorPrimitives.Add<float>(dW2.Row(0), partials.Row(chunk), dW2.Row(0));
        }
    }

    public void SelfAttentionForward(
        Matrix queryKey, Matrix x, IntegerArray lengths, Dropout dropout, Matrix weights, Matrix columnMeans, Matrix pooled, Matrix mass)
    {
        var history = new Histories(x, lengths);
        var width = x.Columns;
        var scale = 1f / MathF.Sqrt(width);
        threads.For(pooled.Rows, ExamplesAChunk, (first, end) =>
        {
            var masks = new DropoutMask(dropout, history.Length);
            using var memory = threads.Scratch.Rent<float>(TransposedKeys.Size(width, history.Length));
            for (var b = first; b < end; b++)
            {
                var start = history.Start(b);
                var valid = history.Valid(b);
                var means = columnMeans.Row(b);
                means.Clear();
                pooled.Row(b).Clear();
                var keys = new TransposedKeys(memory.Pointer, queryKey.SliceRows((b * history.Length) + start, valid).SliceColumns(width, width));
                for (var i = start; i < history.Length; i++)
                {
                    var attention = weights.Row(b).Slice((i * history.Length) + start, valid);
                    keys.Scores(queryKey.Row((b * history.Length) + i)[..width], scale, attention);
                    Softmax.Apply(attention);
                    masks.AddKept(attention, b, i, start, 1f / valid, means[start..]);
                }

                for (var j = start; j < history.Length; j++)
                {
                    AddScaled(history.Row(b, j), means[j], pooled.Row(b));
                }

                mass.Row(b)[0] = TensorPrimitives.Sum<float>(means);
            }
        });
    }

    public void SelfAttentionBackward(
        Matrix queryKey,
        Matrix x,
        IntegerArray lengths,
        Dropout dropout,
        Matrix weights,
        Matrix columnMeans,
        Matrix dPooled,
        Matrix dMass,
        Matrix dQueryKey,
        Matrix dx)
    {
        var history = new Histories(x, lengths);
        var width = x.Columns;
        var scale = 1f / MathF.Sqrt(width);
        threads.For(dPooled.Rows, ExamplesAChunk, (first, end) =>
        {
            var masks = new DropoutMask(dropout, history.Length);
            var means = new float[history.Length]; // gradient of the column means
            var gradients = new float[history.Length];
            for (var b = first; b < end; b++)
            {
                var start = history.Start(b);
                var valid = history.Valid(b);
                for (var l = 0; l < history.Length; l++)
                {
                    dQueryKey.Row((b * history.Length) + l).Clear();
                }

                for (var j = start; j < history.Length; j++)
                {
                    means[j] = TensorPrimitives.Dot<float>(dPooled.Row(b), history.Row(b, j)) + dMass.Row(b)[0];
                    AddScaled(dPooled.Row(b), columnMeans.Row(b)[j], dx.Row((b * history.Length) + j));
                }

                for (var i = start; i < history.Length; i++)
                {
                    var attention = weights.Row(b).Slice((i * history.Length) + start, valid);
                    var gradient = gradients.AsSpan(0, valid);
                    masks.Multiply(means.AsSpan(start, valid), b, i, start, 1f / valid, gradient);
                    var mean = TensorPrimitives.Dot<float>(attention, gradient);
                    var query = queryKey.Row((b * history.Length) + i)[..width];
                    var queryGradient = dQueryKey.Row((b * history.Length) + i)[..width];
                    for (var j = 0; j < valid; j++)
                    {
                        var score = scale * attention[j] * (gradient[j] - mean);
                        var row = (b * history.Length) + start + j;
                        AddScaled(queryKey.Row(row)[width..], score, queryGradient);
                        AddScaled(query, score, dQueryKey.Row(row)[width..]);
                    }
                }
            }
        });
    }

    public void NonEmpty(IntegerArray lengths, Matrix y)
    {
        Shape.Require(y, lengths.Length, 1);
        for (var b = 0; b < lengths.Length; b++)
        {
            y.Row(b)[0] = lengths.AsSpan()[b] > 0 ? 1 : 0;
        }
    }

    private static void AddScaled(ReadOnlySpan<float> x, float factor, Span<float> y) => TensorPrimitives.MultiplyAdd(x, factor, y, y);
}
