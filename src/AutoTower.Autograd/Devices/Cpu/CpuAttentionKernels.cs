using System.Numerics.Tensors;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

internal sealed class CpuAttentionKernels(CpuThreads threads) : IAttentionKernels
{
    public void Forward(Matrix projected, int tokens, int heads, Matrix z, Matrix weights)
    {
        var width = z.Columns / tokens; // q = H*A
        Shape.Require(projected, z.Rows, tokens * 4 * width);
        Shape.Require(weights, z.Rows, heads * tokens * tokens);
        var head = width / heads; // A
        var scale = 1f / MathF.Sqrt(head);
        threads.For(z.Rows, Rows.Grain(projected.Columns), (first, end) =>
        {
            for (var b = first; b < end; b++)
            {
                var input = projected.Row(b);
                var output = z.Row(b);
                for (var i = 0; i < tokens; i++)
                {
                    Part(input, i, 3, width).CopyTo(output.Slice(i * width, width));
                    for (var h = 0; h < heads; h++)
                    {
                        var attention = weights.Row(b).Slice(((h * tokens) + i) * tokens, tokens);
                        var query = Part(input, i, 0, width).Slice(h * head, head);
                        for (var j = 0; j < tokens; j++)
                        {
                            attention[j] = scale * TensorPrimitives.Dot<float>(query, Part(input, j, 1, width).Slice(h * head, head));
                        }

                        Softmax.Apply(attention);
                        var target = output.Slice((i * width) + (h * head), head);
                        for (var j = 0; j < tokens; j++)
                        {
                            TensorPrimitives.MultiplyAdd(Part(input, j, 2, width).Slice(h * head, head), attention[j], target, target);
                        }
                    }
                }
            }
        });
    }

    public void Backward(Matrix projected, int tokens, int heads, Matrix weights, Matrix dz, Matrix dProjected)
    {
        var width = dz.Columns / tokens;
        Shape.Require(dProjected, projected.Rows, projected.Columns);
        var head = width / heads;
        var scale = 1f / MathF.Sqrt(head);
        threads.For(dz.Rows, Rows.Grain(projected.Columns), (first, end) =>
        {
            Span<float> gradients = stackalloc float[64];
            gradients = tokens <= gradients.Length ? gradients[..tokens] : new float[tokens];
            for (var b = first; b < end; b++)
            {
                var input = projected.Row(b);
                var outputGradient = dz.Row(b);
                var inputGradient = dProjected.Row(b);
                for (var i = 0; i < tokens; i++)
                {
                    var residual = Part(inputGradient, i, 3, width);
                    TensorPrimitives.Add<float>(residual, outputGradient.Slice(i * width, width), residual);
                    for (var h = 0; h < heads; h++)
                    {
                        var attention = weights.Row(b).Slice(((h * tokens) + i) * tokens, tokens);
                        var upstream = outputGradient.Slice((i * width) + (h * head), head);
                        var mean = 0f;
                        for (var j = 0; j < tokens; j++)
                        {
                            AddScaled(upstream, attention[j], Part(inputGradient, j, 2, width).Slice(h * head, head));
                            gradients[j] = TensorPrimitives.Dot<float>(upstream, Part(input, j, 2, width).Slice(h * head, head));
                            mean += attention[j] * gradients[j];
                        }

                        for (var j = 0; j < tokens; j++)
                        {
                            var score = scale * attention[j] * (gradients[j] - mean);
                            AddScaled(Part(input, j, 1, width).Slice(h * head, head), score, Part(inputGradient, i, 0, width).Slice(h * head, head));
                            AddScaled(Part(input, i, 0, width).Slice(h * head, head), score, Part(inputGradient, j, 1, width).Slice(h * head, head));
                        }
                    }
                }
            }
        });
    }

    // Query, key, value or residual (part 0 to 3) of a token: (H, A).
    private static Span<float> Part(Span<float> projected, int token, int part, int width) =>
        projected.Slice(((token * 4) + part) * width, width);

    private static void AddScaled(ReadOnlySpan<float> x, float factor, Span<float> y) => TensorPrimitives.MultiplyAdd(x, factor, y, y);
}
