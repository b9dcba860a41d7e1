using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Kernels.Launch;

namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>Launches of embedding.cu; fields beyond <see cref="EmbeddingFields.Most"/> take further launches.</summary>
internal sealed class CudaEmbeddingKernels(CudaEngine engine) : IEmbeddingKernels
{
    private const int Threads = 256;
    private const int OwnerThreads = 512;

    /// <summary>A power of two, as the kernel's shares of rows need it.</summary>
    private const int OwnerBlocksPerField = 64;

    /// <summary>Largest table, in elements, whose gradient a block sums up in its 48 KiB of shared memory, which hold other things too.</summary>
    private const int SmallTable = 9 * 1024;
    private const int MostChunks = 64;

    /// <summary>Floats of shared memory for the small tables of a scatter; with what the rows take it stays below 48 KiB.</summary>
    private const int ScatterFloats = 8 * 1024;
    private const int FewestScatteredRows = 8;
    private const int MostScatteredRows = 96;

    private readonly CudaKernel _gather = engine.Kernel("embedding.cu", "embedding_gather");
    private readonly CudaKernel _gatherPacks = engine.Kernel("embedding.cu", "embedding_gather_packs");
    private readonly CudaKernel _scatterAtomic = engine.Kernel("embedding.cu", "embedding_scatter_atomic");
    private readonly CudaKernel _gatherPair = engine.Kernel("embedding.cu", "embedding_gather_pair");
    private readonly CudaKernel _scatterPair = engine.Kernel("embedding.cu", "embedding_scatter_pair");
    private readonly CudaKernel _scatterSmall = engine.Kernel("embedding.cu", "embedding_scatter_small");
    private readonly CudaKernel _scatterSmallSum = engine.Kernel("embedding.cu", "embedding_scatter_small_sum");
    private readonly CudaKernel _scatterOwned = engine.Kernel("embedding.cu", "embedding_scatter_owned");

    public void GatherForward(IntegerArray ids, ReadOnlySpan<FieldLookup> fields, Matrix y)
    {
        RequireShape(ids, fields, y);
        for (var column = 0; !fields.IsEmpty;)
        {
            var some = fields[..Math.Min(fields.Length, EmbeddingFields.Most)];
            var (lookups, width, packs) = Together(some);
            var target = y.SliceColumns(column, width);
            packs &= TakesPacks(target);
            var rows = RowBlocks.RowsPerBlock(packs ? width / 4 : width, Threads);
            var arguments = new KernelArguments();
            arguments.Add(ids).Add(lookups).Add(rows).Add(target);
            engine.Launch(packs ? _gatherPacks : _gather, Dim3.Cover(ids.Length, rows), Threads, 0, arguments);
            fields = fields[some.Length..];
            column += width;
        }
    }

    public void GatherBackward(IntegerArray ids, ReadOnlySpan<FieldLookup> fields, Matrix dy)
    {
        RequireShape(ids, fields, dy);
        if (engine.Options.Deterministic)
        {
            ScatterInOrder(ids, fields, dy);
            return;
        }

        for (var column = 0; !fields.IsEmpty;)
        {
            var some = fields[..Math.Min(fields.Length, EmbeddingFields.Most)];
            var (lookups, width, _) = Together(some);
            var (rows, copies, shared) = ScatterShape(ids.Length, width, lookups);
            var arguments = new KernelArguments();
            arguments.Add(ids).Add(lookups).Add(rows).Add(copies).Add(dy.SliceColumns(column, width));
            engine.Launch(_scatterAtomic, Dim3.Cover(ids.Length, rows), Threads, shared, arguments);
            fields = fields[some.Length..];
            column += width;
        }
    }

    public void GatherForward(ReadOnlySpan<EntityGather> gathers)
    {
        if (!TryPair(gathers, forward: true, out var pair, out _))
        {
            foreach (var gather in gathers)
            {
                GatherForward(gather.Ids, gather.Fields, gather.Output.Value);
            }

            return;
        }

        engine.LaunchBeside(_gatherPair, new Dim3(pair.Of[0].Blocks + pair.Of[1].Blocks), Threads, 0, in pair);
    }

    public void GatherBackward(ReadOnlySpan<EntityGather> gathers)
    {
        if (engine.Options.Deterministic || !TryPair(gathers, forward: false, out var pair, out var sharedBytes))
        {
            foreach (var gather in gathers)
            {
                GatherBackward(gather.Ids, gather.Fields, gather.Output.Gradient);
            }

            return;
        }

        // Histories add to the same tables meanwhile, and only the optimiser waits for either.
        engine.Beside(() => engine.LaunchBeside(_scatterPair, new Dim3(pair.Of[0].Blocks + pair.Of[1].Blocks), Threads, sharedBytes, in pair));
    }

    private static void RequireShape(IntegerArray ids, ReadOnlySpan<FieldLookup> fields, Matrix y)
    {
        var width = 0;
        foreach (ref readonly var field in fields)
        {
            width += field.Table.Columns;
            Shape.RequireIfPresent(field.Gradient, field.Table.Rows, field.Table.Columns);
        }

        Shape.Require(y, ids.Length, width);
    }

    private static (EmbeddingFields Lookups, int Width, bool Packs) Together(ReadOnlySpan<FieldLookup> fields)
    {
        var lookups = default(EmbeddingFields);
        var width = 0;
        var packs = true;
        foreach (ref readonly var field in fields)
        {
            lookups.Add(field, width, lookups.FitsBesideSmall(field, ScatterFloats));
            width += field.Table.Columns;
            packs &= TakesPacks(field.Table);
        }

        return (lookups, width, packs);
    }

    /// <summary>Whether four floats of a row can be moved at once, wherever a group of four begins.</summary>
    private static bool TakesPacks(Matrix matrix) => matrix.Address % 16 == 0 && matrix.Stride % 4 == 0 && matrix.Columns % 4 == 0;

    private bool TryPair(ReadOnlySpan<EntityGather> gathers, bool forward, out EmbeddingPair pair, out int sharedBytes)
    {
        pair = default;
        sharedBytes = 0;
        if (gathers.Length != 2)
        {
            return false;
        }

        for (var i = 0; i < 2; i++)
        {
            var (ids, fields, output) = gathers[i];
            var matrix = forward ? output.Value : output.Gradient;
            RequireShape(ids, fields, matrix);
            if (fields.Length > EmbeddingFields.Most)
            {
                return false;
            }

            var (lookups, width, packs) = Together(fields);
            if (forward && !(packs && TakesPacks(matrix)))
            {
                return false;
            }

            var (rows, copies, shared) = forward ? (RowBlocks.RowsPerBlock(width / 4, Threads), 0, 0) : ScatterShape(ids.Length, width, lookups);
            sharedBytes = Math.Max(sharedBytes, shared);
            pair.Of[i] = new EmbeddingEntities
            {
                Fields = lookups,
                Ids = ids,
                Output = matrix,
                RowsPerBlock = rows,
                Copies = copies,
                Blocks = (ids.Length + rows - 1) / rows,
            };
        }

        return true;
    }

    // Two blocks a multiprocessor, so that small tables are added up over as many rows as the device leaves to a block.
    private (int Rows, int Copies, int SharedBytes) ScatterShape(int ids, int width, in EmbeddingFields lookups)
    {
        var rows = Math.Clamp(ids / (2 * engine.Context.MultiprocessorCount), FewestScatteredRows, MostScatteredRows);
        var copies = lookups.Copies(Threads / Math.Min(width, Threads), ScatterFloats);
        return (rows, copies, (rows * lookups.Count * 2 * sizeof(int)) + (copies * lookups.Sums * sizeof(float)));
    }

    private void ScatterInOrder(IntegerArray ids, ReadOnlySpan<FieldLookup> fields, Matrix dy)
    {
        var small = default(EmbeddingFields);
        var large = default(EmbeddingFields);
        var largest = 0;
        var column = 0;
        foreach (ref readonly var field in fields)
        {
            var size = (long)field.Table.Rows * field.Table.Columns;
            if (!field.Gradient.IsAbsent && size <= SmallTable)
            {
                // Two fields of one launch must not add to the same table.
                if (small.Count == EmbeddingFields.Most || small.HasGradient(field.Gradient.Address))
                {
                    ScatterSmall(ids, small, largest, dy);
                    small = default;
                }

                small.Add(field, column, isSmall: true);
                largest = Math.Max(largest, (int)size);
            }
            else if (!field.Gradient.IsAbsent)
            {
                if (large.Count == EmbeddingFields.Most || large.HasGradient(field.Gradient.Address))
                {
                    ScatterLarge(ids, large, dy);
                    large = default;
                }

                large.Add(field, column);
            }

            column += field.Table.Columns;
        }

        ScatterSmall(ids, small, largest, dy);
        ScatterLarge(ids, large, dy);
    }

    private void ScatterSmall(IntegerArray ids, in EmbeddingFields fields, int largest, Matrix dy)
    {
        if (fields.Count == 0)
        {
            return;
        }

        var length = Math.Max(Threads, (ids.Length + MostChunks - 1) / MostChunks);
        var chunks = (ids.Length + length - 1) / length;
        var sums = fields.Sums;
        var partials = engine.Scratch.Reserve((long)chunks * sums * sizeof(float));
        var arguments = new KernelArguments();
        arguments.Add(ids).Add(fields).Add(length).Add(chunks).Add(sums).Add(dy).Add(partials);
        engine.Launch(_scatterSmall, chunks * fields.Count, Threads, largest * sizeof(float), arguments);
        arguments = new KernelArguments();
        arguments.Add(fields).Add(chunks).Add(sums).Add(partials);
        engine.Launch(_scatterSmallSum, Dim3.Cover(sums, Threads), Threads, 0, arguments);
    }

    private void ScatterLarge(IntegerArray ids, in EmbeddingFields fields, Matrix dy)
    {
        var arguments = new KernelArguments();
        arguments.Add(ids).Add(fields).Add(OwnerBlocksPerField).Add(dy);
        engine.Launch(_scatterOwned, OwnerBlocksPerField * fields.Count, OwnerThreads, 0, arguments);
    }
}
