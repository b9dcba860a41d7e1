using System.Numerics.Tensors;
using AutoTower.Autograd.Devices.Cpu.Gemm;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

internal sealed unsafe class CpuElementwiseKernels(CpuThreads threads) : IElementwiseKernels
{
    public void ReduceTokensForward(Reduction reduction, Matrix x, int tokens, Matrix y)
    {
        Shape.Require(x, y.Rows, tokens * y.Columns);
        var width = y.Columns;
        threads.For(y.Rows, Rows.Grain(x.Columns), (first, end) =>
        {
            for (var b = first; b < end; b++)
            {
                var inputs = x.Row(b); // (n, D)
                var output = y.Row(b);
                inputs[..width].CopyTo(output);
                for (var j = 1; j < tokens; j++)
                {
                    var token = inputs.Slice(j * width, width);
                    switch (reduction)
                    {
                        case Reduction.Product:
                            TensorPrimitives.Multiply<float>(output, token, output);
                            break;
                        case Reduction.Maximum:
                            TensorPrimitives.Max<float>(output, token, output);
                            break;
                        case Reduction.Minimum:
                            TensorPrimitives.Min<float>(output, token, output);
                            break;
                        default:
                            TensorPrimitives.Add<float>(output, token, output);
                            break;
                    }
                }

                if (reduction == Reduction.Average)
                {
                    TensorPrimitives.Multiply(output, 1f / tokens, output);
                }
            }
        });
    }

    public void ReduceTokensBackward(Reduction reduction, Matrix x, int tokens, Matrix y, Matrix dy, Matrix dx)
    {
        Shape.Require(x, y.Rows, tokens * y.Columns);
        Shape.Require(dx, x.Rows, x.Columns);
        var width = y.Columns;
        threads.For(y.Rows, Rows.Grain(x.Columns), (first, end) =>
        {
            Span<float> prefix = reduction == Reduction.Product ? new float[width] : [];
            for (var b = first; b < end; b++)
            {
                switch (reduction)
                {
                    case Reduction.Product:
                        ProductBackward(x.Row(b), dy.Row(b), dx.Row(b), prefix);
                        break;
                    case Reduction.Maximum or Reduction.Minimum:
                        ExtremumBackward(x.Row(b), y.Row(b), dy.Row(b), dx.Row(b));
                        break;
                    default:
                        var factor = reduction == Reduction.Average ? 1f / tokens : 1f;
                        for (var j = 0; j < tokens; j++)
                        {
                            var gradient = dx.Row(b).Slice(j * width, width);
                            TensorPrimitives.MultiplyAdd(dy.Row(b), factor, gradient, gradient);
                        }

                        break;
                }
            }
        });
    }

    public void ActivationForward(Activation activation, Matrix x, Matrix y)
    {
        Shape.Require(x, y.Rows, y.Columns);
        threads.For(x.Rows, Rows.Grain(x.Columns), (first, end) =>
        {
            for (var i = first; i < end; i++)
            {
                switch (activation)
                {
                    case Activation.Relu:
                        TensorPrimitives.Max(x.Row(i), 0f, y.Row(i));
                        break;
                    case Activation.Tanh:
                        TensorPrimitives.Tanh<float>(x.Row(i), y.Row(i));
                        break;
                    default:
                        TensorPrimitives.Sigmoid<float>(x.Row(i), y.Row(i));
                        break;
                }
            }
        });
    }

    public void ActivationBackward(Activation activation, Matrix y, Matrix dy, Matrix dx)
    {
        Shape.Require(dy, y.Rows, y.Columns);
        Shape.Require(dx, y.Rows, y.Columns);
        threads.For(y.Rows, Rows.Grain(y.Columns), (first, end) =>
        {
            for (var i = first; i < end; i++)
            {
                var output = y.Row(i);
                var outputGradient = dy.Row(i);
                var gradient = dx.Row(i);
                for (var j = 0; j < output.Length; j++)
                {
                    gradient[j] += activation switch
                    {
                        Activation.Relu => output[j] > 0 ? outputGradient[j] : 0,
                        Activation.Tanh => outputGradient[j] * (1 - (output[j] * output[j])),
                        _ => outputGradient[j] * output[j] * (1 - output[j]),
                    };
                }
            }
        });
    }

    public void AddPositionForward(Matrix x, Matrix position, Matrix y)
    {
        Shape.Require(x, y.Rows, y.Columns);
        threads.For(x.Rows, Rows.Grain(x.Columns), (first, end) =>
        {
            for (var i = first; i < end; i++)
            {
                TensorPrimitives.Add<float>(x.Row(i), position.Row(i % position.Rows), y.Row(i));
            }
        });
    }

    public void AddPositionBackward(Matrix dy, Matrix dx, Matrix dPosition)
    {
        Accumulate(dy, dx);
        var length = dPosition.Rows;
        // (B, L*d): the gradient of all positions is a column sum.
        ColumnSums.Add(
            threads, new RowView(dy.Reshape(dy.Rows / length, length * dy.Columns)), Matrix.None, (float*)dPosition.Address);
    }

    public void TokenMeansForward(Matrix x, int tokens, Matrix means)
    {
        Shape.Require(means, x.Rows, tokens);
        var width = x.Columns / tokens;
        threads.For(x.Rows, Rows.Grain(x.Columns), (first, end) =>
        {
            for (var b = first; b < end; b++)
            {
                for (var j = 0; j < tokens; j++)
                {
                    means.Row(b)[j] = TensorPrimitives.Sum<float>(x.Row(b).Slice(j * width, width)) / width;
                }
            }
        });
    }

    public void TokenMeansBackward(Matrix dMeans, int tokens, Matrix dx)
    {
        Shape.Require(dMeans, dx.Rows, tokens);
        var width = dx.Columns / tokens;
        threads.For(dx.Rows, Rows.Grain(dx.Columns), (first, end) =>
        {
            for (var b = first; b < end; b++)
            {
                for (var j = 0; j < tokens; j++)
                {
                    var gradient = dx.Row(b).Slice(j * width, width);
                    TensorPrimitives.Add(gradient, dMeans.Row(b)[j] / width, gradient);
                }
            }
        });
    }

    public void ScaleTokensForward(Matrix x, Matrix scale, int tokens, Matrix y)
    {
        Shape.Require(scale, x.Rows, tokens);
        Shape.Require(y, x.Rows, x.Columns);
        var width = x.Columns / tokens;
        threads.For(x.Rows, Rows.Grain(x.Columns), (first, end) =>
        {
            for (var b = first; b < end; b++)
            {
                for (var j = 0; j < tokens; j++)
                {
                    TensorPrimitives.Multiply(x.Row(b).Slice(j * width, width), scale.Row(b)[j], y.Row(b).Slice(j * width, width));
                }
            }
        });
    }

    public void ScaleTokensBackward(Matrix x, Matrix scale, int tokens, Matrix dy, Matrix dx, Matrix dScale)
    {
        Shape.Require(scale, x.Rows, tokens);
        Shape.Require(dx, x.Rows, x.Columns);
        var width = x.Columns / tokens;
        threads.For(x.Rows, Rows.Grain(x.Columns), (first, end) =>
        {
            for (var b = first; b < end; b++)
            {
                for (var j = 0; j < tokens; j++)
                {
                    var outputGradient = dy.Row(b).Slice(j * width, width);
                    var gradient = dx.Row(b).Slice(j * width, width);
                    TensorPrimitives.MultiplyAdd(outputGradient, scale.Row(b)[j], gradient, gradient);
                    dScale.Row(b)[j] += TensorPrimitives.Dot<float>(outputGradient, x.Row(b).Slice(j * width, width));
                }
            }
        });
    }

    public void PairwiseProductsForward(Matrix x, int tokens, Matrix y)
    {
        Shape.Require(y, x.Rows, tokens * (tokens - 1) / 2);
        var width = x.Columns / tokens;
        threads.For(x.Rows, Rows.Grain(x.Columns), (first, end) =>
        {
            for (var b = first; b < end; b++)
            {
                var pair = 0;
                for (var i = 0; i < tokens; i++)
                {
                    for (var j = i + 1; j < tokens; j++)
                    {
                        y.Row(b)[pair++] = TensorPrimitives.Dot<float>(
                            x.Row(b).Slice(i * width, width), x.Row(b).Slice(j * width, width));
                    }
                }
            }
        });
    }

    public void PairwiseProductsBackward(Matrix x, int tokens, Matrix dy, Matrix dx)
    {
        Shape.Require(dy, x.Rows, tokens * (tokens - 1) / 2);
        Shape.Require(dx, x.Rows, x.Columns);
        var width = x.Columns / tokens;
        threads.For(x.Rows, Rows.Grain(x.Columns), (first, end) =>
        {
            for (var b = first; b < end; b++)
            {
                var pair = 0;
                for (var i = 0; i < tokens; i++)
                {
                    for (var j = i + 1; j < tokens; j++)
                    {
                        var gradient = dy.Row(b)[pair++];
                        AddScaled(x.Row(b).Slice(j * width, width), gradient, dx.Row(b).Slice(i * width, width));
                        AddScaled(x.Row(b).Slice(i * width, width), gradient, dx.Row(b).Slice(j * width, width));
                    }
                }
            }
        });
    }

    public void CopyForward(Matrix x, Matrix y)
    {
        Shape.Require(y, x.Rows, x.Columns);
        threads.For(x.Rows, Rows.Grain(x.Columns), (first, end) =>
        {
            for (var i = first; i < end; i++)
            {
                x.Row(i).CopyTo(y.Row(i));
            }
        });
    }

    public void Accumulate(Matrix dy, Matrix dx)
    {
        Shape.Require(dx, dy.Rows, dy.Columns);
        threads.For(dy.Rows, Rows.Grain(dy.Columns), (first, end) =>
        {
            for (var i = first; i < end; i++)
            {
                TensorPrimitives.Add<float>(dx.Row(i), dy.Row(i), dx.Row(i));
            }
        });
    }

    private static void AddScaled(ReadOnlySpan<float> x, float factor, Span<float> y) => TensorPrimitives.MultiplyAdd(x, factor, y, y);

    // Products of all tokens before and behind each one; dividing the whole product by the token would fail at zeros.
    private static void ProductBackward(ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dx, Span<float> prefix)
    {
        var width = dy.Length;
        var tokens = x.Length / width;
        prefix.Fill(1);
        for (var j = 0; j < tokens; j++)
        {
            for (var c = 0; c < width; c++)
            {
                var others = prefix[c];
                for (var behind = j + 1; behind < tokens; behind++)
                {
                    others *= x[(behind * width) + c];
                }

                dx[(j * width) + c] += dy[c] * others;
                prefix[c] *= x[(j * width) + c];
            }
        }
    }

    private static void ExtremumBackward(ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> dy, Span<float> dx)
    {
        var width = y.Length;
        for (var c = 0; c < width; c++)
        {
            for (var element = c; element < x.Length; element += width)
            {
                if (x[element] == y[c])
                {
                    dx[element] += dy[c];
                    break;
                }
            }
        }
    }
}
