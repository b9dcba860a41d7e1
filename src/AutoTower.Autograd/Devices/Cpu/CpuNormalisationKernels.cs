using System.Numerics.Tensors;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

internal sealed unsafe class CpuNormalisationKernels(CpuThreads threads) : INormalisationKernels
{
    private const float Epsilon = 1e-5f;
    private const float SmallestNorm = 1e-12f;
    private const int RowsAChunk = 128;

    public void BatchNormReluTrain(Matrix x, BatchNormVectors vectors, float momentum, Matrix y, Matrix saved)
    {
        Shape.Require(y, x.Rows, x.Columns);
        Shape.Require(saved, 2, x.Columns);
        var mean = saved.Row(0);
        SumOfRows(x, mean, static (row, _, sum) => TensorPrimitives.Add<float>(sum, row, sum));
        TensorPrimitives.Multiply(mean, 1f / x.Rows, mean);
        var inverse = saved.Row(1);
        SumOfRows(x, inverse, (row, _, sum) =>
        {
            var centre = saved.Row(0);
            for (var c = 0; c < sum.Length; c++)
            {
                var difference = row[c] - centre[c];
                sum[c] += difference * difference;
            }
        });
        var unbiased = x.Rows > 1 ? 1f / (x.Rows - 1) : 1f;
        for (var c = 0; c < x.Columns; c++)
        {
            var runningMean = vectors.RunningMean.Row(0);
            var runningVariance = vectors.RunningVariance.Row(0);
            runningMean[c] += momentum * (mean[c] - runningMean[c]);
            runningVariance[c] += momentum * ((inverse[c] * unbiased) - runningVariance[c]);
            inverse[c] = 1f / MathF.Sqrt((inverse[c] / x.Rows) + Epsilon);
        }

        Apply(x, saved.SliceRows(0, 1), saved.SliceRows(1, 1), vectors, y);
    }

    public void BatchNormReluBackward(
        Matrix x, Matrix y, Matrix weight, Matrix saved, Matrix dy, Matrix dx, Matrix dWeight, Matrix dBias)
    {
        var width = x.Columns;
        using var memory = threads.Scratch.Rent<float>(2 * width);
        var sums = new Matrix((nint)memory.Pointer, 2, width); // of g and of g * normalised, g = dy behind the ReLU
        SumOfRows(x, sums.Reshape(1, 2 * width).Row(0), (row, b, sum) =>
        {
            var output = y.Row(b);
            var gradient = dy.Row(b);
            var centre = saved.Row(0);
            var inverse = saved.Row(1);
            for (var c = 0; c < row.Length; c++)
            {
                var g = output[c] > 0 ? gradient[c] : 0;
                sum[c] += g;
                sum[width + c] += g * (row[c] - centre[c]) * inverse[c];
            }
        });
        TensorPrimitives.Add<float>(dBias.Row(0), sums.Row(0), dBias.Row(0));
        TensorPrimitives.Add<float>(dWeight.Row(0), sums.Row(1), dWeight.Row(0));
        var share = 1f / x.Rows;
        threads.For(x.Rows, Rows.Grain(width), (first, end) =>
        {
            for (var b = first; b < end; b++)
            {
                var row = x.Row(b);
                var output = y.Row(b);
                var gradient = dy.Row(b);
                var input = dx.Row(b);
                var centre = saved.Row(0);
                var inverse = saved.Row(1);
                var scale = weight.Row(0);
                var sum = sums.Row(0);
                var product = sums.Row(1);
                for (var c = 0; c < width; c++)
                {
                    var g = output[c] > 0 ? gradient[c] : 0;
                    var normalised = (row[c] - centre[c]) * inverse[c];
                    input[c] += scale[c] * inverse[c] * (g - (share * (sum[c] + (normalised * product[c]))));
                }
            }
        });
    }

    public void BatchNormReluInference(Matrix x, BatchNormVectors vectors, Matrix y)
    {
        Shape.Require(y, x.Rows, x.Columns);
        using var memory = threads.Scratch.Rent<float>(x.Columns);
        var inverse = new Matrix((nint)memory.Pointer, 1, x.Columns);
        for (var c = 0; c < x.Columns; c++)
        {
            inverse.Row(0)[c] = 1f / MathF.Sqrt(vectors.RunningVariance.Row(0)[c] + Epsilon);
        }

        Apply(x, vectors.RunningMean, inverse, vectors, y);
    }

    public void L2NormaliseForward(Matrix x, Matrix y, Matrix norms)
    {
        Shape.Require(y, x.Rows, x.Columns);
        Shape.Require(norms, x.Rows, 1);
        threads.For(x.Rows, Rows.Grain(x.Columns), (first, end) =>
        {
            for (var i = first; i < end; i++)
            {
                var norm = Math.Max(TensorPrimitives.Norm<float>(x.Row(i)), SmallestNorm);
                norms.Row(i)[0] = norm;
                TensorPrimitives.Multiply(x.Row(i), 1f / norm, y.Row(i));
            }
        });
    }

    public void L2NormaliseBackward(Matrix y, Matrix norms, Matrix dy, Matrix dx)
    {
        Shape.Require(dx, y.Rows, y.Columns);
        threads.For(y.Rows, Rows.Grain(y.Columns), (first, end) =>
        {
            for (var i = first; i < end; i++)
            {
                var norm = norms.Row(i)[0];
                // A clamped divisor is a constant, so only the division has a gradient there.
                var along = norm > SmallestNorm ? TensorPrimitives.Dot<float>(y.Row(i), dy.Row(i)) : 0f;
                var output = y.Row(i);
                var gradient = dy.Row(i);
                var input = dx.Row(i);
                for (var c = 0; c < output.Length; c++)
                {
                    input[c] += (gradient[c] - (output[c] * along)) / norm;
                }
            }
        });
    }

    private void Apply(Matrix x, Matrix mean, Matrix inverse, BatchNormVectors vectors, Matrix y) =>
        threads.For(x.Rows, Rows.Grain(x.Columns), (first, end) =>
        {
            for (var b = first; b < end; b++)
            {
                var row = x.Row(b);
                var output = y.Row(b);
                TensorPrimitives.Subtract<float>(row, mean.Row(0), output);
                TensorPrimitives.Multiply<float>(output, inverse.Row(0), output);
                TensorPrimitives.MultiplyAdd<float>(output, vectors.Weight.Row(0), vectors.Bias.Row(0), output);
                TensorPrimitives.Max(output, 0f, output);
            }
        });

    public void LayerNormForward(Matrix x, Matrix residual, Matrix weight, Matrix bias, Matrix y, Matrix saved)
    {
        Shape.Require(residual, x.Rows, x.Columns);
        Shape.Require(y, x.Rows, x.Columns);
        Shape.Require(saved, x.Rows, 2);
        Shape.Require(weight, 1, x.Columns);
        Shape.Require(bias, 1, x.Columns);
        threads.For(x.Rows, Rows.Grain(x.Columns), (first, end) =>
        {
            for (var i = first; i < end; i++)
            {
                var row = y.Row(i);
                TensorPrimitives.Add<float>(x.Row(i), residual.Row(i), row);
                var mean = TensorPrimitives.Sum<float>(row) / row.Length;
                TensorPrimitives.Subtract(row, mean, row);
                var inverse = 1f / MathF.Sqrt((TensorPrimitives.SumOfSquares<float>(row) / row.Length) + Epsilon);
                TensorPrimitives.Multiply(row, inverse, row);
                TensorPrimitives.MultiplyAdd<float>(row, weight.Row(0), bias.Row(0), row);
                (saved.Row(i)[0], saved.Row(i)[1]) = (mean, inverse);
            }
        });
    }

    public void LayerNormBackward(
        Matrix x, Matrix residual, Matrix weight, Matrix saved, Matrix dy, Matrix dx, Matrix dResidual, Matrix dWeight, Matrix dBias)
    {
        var width = x.Columns;
        Shape.Require(dy, x.Rows, width);
        Shape.Require(dx, x.Rows, width);
        Shape.Require(dResidual, x.Rows, width);
        using var memory = threads.Scratch.Rent<float>(((long)x.Rows + 2) * width);
        var normalised = new Matrix((nint)memory.Pointer, x.Rows, width);
        var sums = new Matrix((nint)(memory.Pointer + (nint)x.Rows * width), 2, width); // of dy and of dy * normalised
        threads.For(x.Rows, Rows.Grain(width), (first, end) =>
        {
            var scaled = new float[width];
            for (var i = first; i < end; i++)
            {
                var row = normalised.Row(i);
                var (mean, inverse) = (saved.Row(i)[0], saved.Row(i)[1]);
                TensorPrimitives.Add<float>(x.Row(i), residual.Row(i), row);
                TensorPrimitives.Subtract(row, mean, row);
                TensorPrimitives.Multiply(row, inverse, row);
                TensorPrimitives.Multiply<float>(dy.Row(i), weight.Row(0), scaled);
                var shift = TensorPrimitives.Sum<float>(scaled) / width;
                var along = TensorPrimitives.Dot<float>(scaled, row) / width;
                TensorPrimitives.Subtract(scaled, shift, scaled);
                TensorPrimitives.MultiplyAdd(row, -along, scaled, scaled);
                TensorPrimitives.MultiplyAdd(scaled, inverse, dx.Row(i), dx.Row(i));
                TensorPrimitives.MultiplyAdd(scaled, inverse, dResidual.Row(i), dResidual.Row(i));
            }
        });
        SumOfRows(dy, sums.Reshape(1, 2 * width).Row(0), (gradient, i, sum) =>
        {
            TensorPrimitives.Add<float>(sum[..width], gradient, sum[..width]);
            TensorPrimitives.MultiplyAdd<float>(gradient, normalised.Row(i), sum[width..], sum[width..]);
        });
        TensorPrimitives.Add<float>(dBias.Row(0), sums.Row(0), dBias.Row(0));
        TensorPrimitives.Add<float>(dWeight.Row(0), sums.Row(1), dWeight.Row(0));
    }

    // Per fixed chunk of rows in float, over the chunks in double.
    private void SumOfRows(Matrix x, Span<float> result, RowAction add)
    {
        var width = result.Length;
        var chunks = (x.Rows + RowsAChunk - 1) / RowsAChunk;
        using var memory = threads.Scratch.Rent<float>((long)chunks * width);
        var partials = new Matrix((nint)memory.Pointer, chunks, width);
        threads.For(x.Rows, RowsAChunk, (first, end) =>
        {
            var partial = partials.Row(first / RowsAChunk);
            partial.Clear();
            for (var b = first; b < end; b++)
            {
                add(x.Row(b), b, partial);
            }
        });
        for (var c = 0; c < width; c++)
        {
            var sum = 0.0;
            for (var chunk = 0; chunk < chunks; chunk++)
            {
                sum += partials.Row(chunk)[c];
            }

            result[c] = (float)sum;
        }
    }

    private delegate void RowAction(ReadOnlySpan<float> row, int index, Span<float> sum);
}
