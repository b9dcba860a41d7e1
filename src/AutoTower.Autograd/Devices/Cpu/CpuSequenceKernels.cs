using System.Numerics.Tensors;
using AutoTower.Autograd.Devices.Cpu.Pooling;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

internal sealed class CpuSequenceKernels(CpuThreads threads) : ISequenceKernels
{
    private const int ExamplesAChunk = 8;

    public void AttentionForward(Matrix projected, IntegerArray lengths, int heads, Matrix z, Matrix weights)
    {
        Shape.Require(projected, z.Rows, 3 * z.Columns);
        var (inputs, outputs) = (new Histories(projected, lengths), new Histories(z, lengths));
        var (d, head) = (z.Columns, z.Columns / heads);
        Shape.Require(weights, lengths.Length, heads * inputs.Length * inputs.Length);
        var scale = 1f / MathF.Sqrt(head);
        threads.For(lengths.Length, ExamplesAChunk, (first, end) =>
        {
            for (var b = first; b < end; b++)
            {
                var start = inputs.Start(b);
                for (var i = 0; i < inputs.Length; i++)
                {
                    outputs.Row(b, i).Clear();
                    for (var h = 0; h < heads && i >= start; h++)
                    {
                        var attention = Attention(weights, b, h, i, inputs.Length)[start..];
                        for (var j = 0; j < attention.Length; j++)
                        {
                            attention[j] = scale * TensorPrimitives.Dot<float>(
                                inputs.Row(b, i).Slice(h * head, head), inputs.Row(b, start + j).Slice(d + (h * head), head));
                        }

                        Softmax.Apply(attention);
                        var target = outputs.Row(b, i).Slice(h * head, head);
                        for (var j = 0; j < attention.Length; j++)
                        {
                            AddScaled(inputs.Row(b, start + j).Slice((2 * d) + (h * head), head), attention[j], target);
                        }
                    }
                }
            }
        });
    }

    public void AttentionBackward(Matrix projected, IntegerArray lengths, int heads, Matrix weights, Matrix dz, Matrix dProjected)
    {
        Shape.Require(dProjected, projected.Rows, projected.Columns);
        var (inputs, upstreams, gradients) = (new Histories(projected, lengths), new Histories(dz, lengths), new Histories(dProjected, lengths));
        var (d, head) = (dz.Columns, dz.Columns / heads);
        var scale = 1f / MathF.Sqrt(head);
        threads.For(lengths.Length, ExamplesAChunk, (first, end) =>
        {
            var scores = new float[inputs.Length];
            for (var b = first; b < end; b++)
            {
                var start = inputs.Start(b);
                for (var index = start * heads; index < inputs.Length * heads; index++)
                {
                    var (i, h) = Math.DivRem(index, heads);
                    var (query, key, value) = (h * head, d + (h * head), (2 * d) + (h * head));
                    var attention = Attention(weights, b, h, i, inputs.Length);
                    var upstream = upstreams.Row(b, i).Slice(query, head);
                    var mean = 0f;
                    for (var j = start; j < inputs.Length; j++)
                    {
                        AddScaled(upstream, attention[j], gradients.Row(b, j).Slice(value, head));
                        scores[j] = TensorPrimitives.Dot<float>(upstream, inputs.Row(b, j).Slice(value, head));
                        mean += attention[j] * scores[j];
                    }

                    for (var j = start; j < inputs.Length; j++)
                    {
                        var score = scale * attention[j] * (scores[j] - mean);
                        AddScaled(inputs.Row(b, j).Slice(key, head), score, gradients.Row(b, i).Slice(query, head));
                        AddScaled(inputs.Row(b, i).Slice(query, head), score, gradients.Row(b, j).Slice(key, head));
                    }
                }
            }
        });
    }

    public void RoutingForward(Matrix x, IntegerArray lengths, Matrix initial, int iterations, Matrix weights, Matrix sums, Matrix capsules)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(iterations);
        var (interests, length) = (initial.Rows, initial.Columns);
        Shape.Require(x, lengths.Length * length, x.Columns);
        Shape.Require(weights, lengths.Length, interests * length);
        Shape.Require(sums, lengths.Length * interests, x.Columns);
        Shape.Require(capsules, lengths.Length * interests, x.Columns);
        var history = new Histories(x, lengths);
        threads.For(lengths.Length, ExamplesAChunk, (first, end) =>
        {
            var logits = new float[interests * length];
            var column = new float[interests];
            for (var b = first; b < end; b++)
            {
                var start = history.Start(b);
                var routing = weights.Row(b);
                for (var k = 0; k < interests; k++)
                {
                    initial.Row(k).CopyTo(logits.AsSpan(k * length));
                }

                for (var round = 0; round < iterations; round++)
                {
                    for (var l = start; l < length; l++)
                    {
                        for (var k = 0; k < interests; k++)
                        {
                            column[k] = logits[(k * length) + l];
                        }

                        Softmax.Apply(column);
                        for (var k = 0; k < interests; k++)
                        {
                            routing[(k * length) + l] = column[k];
                        }
                    }

                    for (var k = 0; k < interests; k++)
                    {
                        var sum = sums.Row((b * interests) + k);
                        sum.Clear();
                        for (var l = start; l < length; l++)
                        {
                            AddScaled(history.Row(b, l), routing[(k * length) + l], sum);
                        }

                        var capsule = capsules.Row((b * interests) + k);
                        var squares = TensorPrimitives.SumOfSquares<float>(sum);
                        TensorPrimitives.Multiply(sum, MathF.Sqrt(squares) / (1 + squares), capsule);
                        for (var l = start; l < length && round < iterations - 1; l++)
                        {
                            logits[(k * length) + l] += TensorPrimitives.Dot<float>(capsule, history.Row(b, l));
                        }
                    }
                }
            }
        });
    }

    public void RoutingBackward(Matrix sums, IntegerArray lengths, Matrix weights, Matrix dCapsules, Matrix dx)
    {
        var interests = sums.Rows / lengths.Length;
        var gradients = new Histories(dx, lengths);
        Shape.Require(weights, lengths.Length, interests * gradients.Length);
        Shape.Require(dCapsules, sums.Rows, sums.Columns);
        threads.For(lengths.Length, ExamplesAChunk, (first, end) =>
        {
            var gradient = new float[sums.Columns];
            for (var b = first; b < end; b++)
            {
                for (var k = 0; k < interests; k++)
                {
                    var sum = sums.Row((b * interests) + k);
                    var upstream = dCapsules.Row((b * interests) + k);
                    // u = s(r) z with s = r / (1 + r^2): du/dz = s I + s'(r) / r z z'.
                    var squares = TensorPrimitives.SumOfSquares<float>(sum);
                    var norm = MathF.Sqrt(squares);
                    var slope = norm > 0 ? (1 - squares) / ((1 + squares) * (1 + squares) * norm) : 0;
                    TensorPrimitives.Multiply(upstream, norm / (1 + squares), gradient);
                    AddScaled(sum, slope * TensorPrimitives.Dot<float>(sum, upstream), gradient);
                    for (var l = gradients.Start(b); l < gradients.Length; l++)
                    {
                        AddScaled(gradient, weights.Row(b)[(k * gradients.Length) + l], gradients.Row(b, l));
                    }
                }
            }
        });
    }

    public void LabelAttentionForward(Matrix users, Matrix items, float scale, Matrix weights, Matrix y)
    {
        var (interests, width) = (weights.Columns, items.Columns);
        Shape.Require(users, items.Rows, interests * width);
        Shape.Require(weights, items.Rows, interests);
        Shape.Require(y, items.Rows, width);
        threads.For(items.Rows, Rows.Grain(users.Columns), (first, end) =>
        {
            for (var b = first; b < end; b++)
            {
                var attention = weights.Row(b);
                for (var k = 0; k < interests; k++)
                {
                    attention[k] = scale * TensorPrimitives.Dot<float>(users.Row(b).Slice(k * width, width), items.Row(b));
                }

                Softmax.Apply(attention);
                y.Row(b).Clear();
                for (var k = 0; k < interests; k++)
                {
                    AddScaled(users.Row(b).Slice(k * width, width), attention[k], y.Row(b));
                }
            }
        });
    }

    public void LabelAttentionBackward(Matrix users, Matrix items, float scale, Matrix weights, Matrix dy, Matrix dUsers, Matrix dItems)
    {
        var (interests, width) = (weights.Columns, items.Columns);
        Shape.Require(dUsers, users.Rows, users.Columns);
        Shape.Require(dItems, items.Rows, width);
        threads.For(items.Rows, Rows.Grain(users.Columns), (first, end) =>
        {
            var scores = new float[interests];
            for (var b = first; b < end; b++)
            {
                for (var k = 0; k < interests; k++)
                {
                    scores[k] = TensorPrimitives.Dot<float>(dy.Row(b), users.Row(b).Slice(k * width, width));
                }

                var mean = TensorPrimitives.Dot<float>(weights.Row(b), scores);
                for (var k = 0; k < interests; k++)
                {
                    var score = scale * weights.Row(b)[k] * (scores[k] - mean);
                    var gradient = dUsers.Row(b).Slice(k * width, width);
                    AddScaled(dy.Row(b), weights.Row(b)[k], gradient);
                    AddScaled(items.Row(b), score, gradient);
                    AddScaled(users.Row(b).Slice(k * width, width), score, dItems.Row(b));
                }
            }
        });
    }

    // The weights of query i in head h: (L).
    private static Span<float> Attention(Matrix weights, int b, int h, int i, int length) =>
        weights.Row(b).Slice(((h * length) + i) * length, length);

    private static void AddScaled(ReadOnlySpan<float> x, float factor, Span<float> y) => TensorPrimitives.MultiplyAdd(x, factor, y, y);
}
