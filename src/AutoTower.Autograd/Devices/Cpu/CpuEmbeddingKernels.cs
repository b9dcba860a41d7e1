using System.Numerics.Tensors;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

internal sealed class CpuEmbeddingKernels(CpuThreads threads) : IEmbeddingKernels
{
    // Rows of the tables are shared out by (row mod Owners); an owner goes through all ids in order, so sums do not depend on threads.
    private const int Owners = 4;

    public void GatherForward(IntegerArray ids, ReadOnlySpan<FieldLookup> fields, Matrix y)
    {
        var lookups = fields.ToArray();
        threads.For(ids.Length, Rows.Grain(y.Columns), (first, end) =>
        {
            for (var i = first; i < end; i++)
            {
                var id = ids.AsSpan()[i];
                var row = y.Row(i);
                if (id == 0)
                {
                    row.Clear();
                    continue;
                }

                var column = 0;
                foreach (var field in lookups)
                {
                    var width = field.Table.Columns;
                    Gather(field, id, row.Slice(column, width));
                    column += width;
                }
            }
        });
    }

    public void GatherBackward(IntegerArray ids, ReadOnlySpan<FieldLookup> fields, Matrix dy)
    {
        var lookups = fields.ToArray();
        threads.Run(Owners, owner =>
        {
            var all = ids.AsSpan();
            for (var i = 0; i < all.Length; i++)
            {
                if (all[i] == 0)
                {
                    continue;
                }

                var row = dy.Row(i);
                var column = 0;
                foreach (var field in lookups)
                {
                    var width = field.Table.Columns;
                    if (!field.Gradient.IsAbsent)
                    {
                        Scatter(field, all[i], owner, row.Slice(column, width));
                    }

                    column += width;
                }
            }
        });
    }

    private static void Gather(FieldLookup field, int id, Span<float> output)
    {
        var values = FieldRows.Of(field, id);
        if (field.Offsets.IsAbsent || field.FirstOnly)
        {
            field.Table.Row(values[0]).CopyTo(output);
            return;
        }

        output.Clear();
        foreach (var value in values)
        {
            TensorPrimitives.Add<float>(output, field.Table.Row(value), output);
        }

        if (values.Length > 1)
        {
            TensorPrimitives.Multiply(output, 1f / values.Length, output);
        }
    }

    private static void Scatter(FieldLookup field, int id, int owner, ReadOnlySpan<float> gradient)
    {
        var values = FieldRows.Of(field, id);
        foreach (var value in values)
        {
            Add(field.Gradient, value, owner, gradient, 1f / values.Length);
        }
    }

    private static void Add(Matrix table, int row, int owner, ReadOnlySpan<float> gradient, float factor)
    {
        if (row % Owners == owner)
        {
            var target = table.Row(row);
            TensorPrimitives.MultiplyAdd(gradient, factor, target, target);
        }
    }
}
