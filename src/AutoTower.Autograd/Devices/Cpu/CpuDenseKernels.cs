using System.Numerics.Tensors;
using AutoTower.Autograd.Devices.Cpu.Gemm;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

internal sealed unsafe class CpuDenseKernels(CpuThreads threads) : IDenseKernels
{
    private const int RowsAChunk = 128;

    public void LinearForward(Matrix x, Matrix weight, Matrix bias, Matrix y, int tokens = 1)
    {
        Shape.Require(x, y.Rows, tokens * weight.Columns);
        Shape.Require(y, x.Rows, tokens * weight.Rows);
        Shape.RequireIfPresent(bias, 1, weight.Rows);
        Product.Multiply(
            threads, new RowView(x, tokens), false, new RowView(weight), true, new RowView(y, tokens), (float*)bias.Address, accumulate: false);
    }

    public void LinearBackwardInput(Matrix dy, Matrix weight, Matrix dx, int tokens = 1)
    {
        Shape.Require(dx, dy.Rows, tokens * weight.Columns);
        Shape.Require(dy, dx.Rows, tokens * weight.Rows);
        Product.Multiply(threads, new RowView(dy, tokens), false, new RowView(weight), false, new RowView(dx, tokens), null, accumulate: true);
    }

    public void LinearBackwardWeight(Matrix dy, Matrix x, Matrix dWeight, Matrix dBias, int tokens = 1)
    {
        Shape.Require(x, dy.Rows, tokens * dWeight.Columns);
        Shape.Require(dy, x.Rows, tokens * dWeight.Rows);
        Shape.RequireIfPresent(dBias, 1, dWeight.Rows);
        var gradients = new RowView(dy, tokens);
        Product.Multiply(threads, gradients, true, new RowView(x, tokens), false, new RowView(dWeight), null, accumulate: true);
        if (!dBias.IsAbsent)
        {
            ColumnSums.Add(threads, gradients, Matrix.None, (float*)dBias.Address);
        }
    }

    public void ScaledBiasForward(Matrix y, Matrix scale, Matrix bias)
    {
        Shape.Require(scale, y.Rows, 1);
        Shape.Require(bias, 1, y.Columns);
        threads.For(y.Rows, RowsAChunk, (first, end) =>
        {
            for (var row = first; row < end; row++)
            {
                VectorScale.AddScaled(Row(y, row), (float*)bias.Address, *Row(scale, row), y.Columns);
            }
        });
    }

    public void ScaledBiasBackward(Matrix dy, Matrix scale, Matrix bias, Matrix dScale, Matrix dBias)
    {
        Shape.Require(scale, dy.Rows, 1);
        Shape.Require(bias, 1, dy.Columns);
        Shape.RequireIfPresent(dScale, dy.Rows, 1);
        Shape.Require(dBias, 1, dy.Columns);
        ColumnSums.Add(threads, new RowView(dy), scale, (float*)dBias.Address);
        if (!dScale.IsAbsent)
        {
            threads.For(dy.Rows, RowsAChunk, (first, end) =>
            {
                for (var row = first; row < end; row++)
                {
                    *Row(dScale, row) += TensorPrimitives.Dot(
                        new ReadOnlySpan<float>(Row(dy, row), dy.Columns), new ReadOnlySpan<float>((float*)bias.Address, dy.Columns));
                }
            });
        }
    }

    private static float* Row(Matrix matrix, int row) => (float*)matrix.Address + (nint)row * matrix.Stride;
}
