using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Kernels.Launch;

namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>Launches of adam_rows.cu: one of each kernel a step, and another for every further <see cref="AdamRowTables.Most"/> tables.</summary>
internal sealed class CudaRowUpdates(CudaEngine engine)
{
    private const int Threads = 256;
    private const int Lanes = 16;
    private const int PlacesPerBlock = Threads / Lanes;
    private const int NormPlacesPerBlock = 128;

    private readonly CudaKernel _mark = engine.Kernel("adam_rows.cu", "adam_rows_mark");
    private readonly CudaKernel _catchUp = engine.Kernel("adam_rows.cu", "adam_rows_catch_up");
    private readonly CudaKernel _norm = engine.Kernel("adam_rows.cu", "adam_rows_norm");
    private readonly CudaKernel _update = engine.Kernel("adam_rows.cu", "adam_rows_update");
    private readonly CudaKernel _discard = engine.Kernel("adam_rows.cu", "adam_rows_discard");

    public void Prepare(ParameterSlabs slabs, ReadOnlySpan<TouchedRows> rows, AdamRule rule)
    {
        var lookups = default(AdamRowLookups);
        foreach (ref readonly var touched in rows)
        {
            var place = 0;
            foreach (var lookup in touched.Lookups)
            {
                if (lookups.IsFull)
                {
                    Mark(lookups);
                    lookups = default;
                }

                lookups.Add(touched, lookup, place, Threads);
                place += lookup.Places;
            }
        }

        Mark(lookups);
        for (var first = 0; first < rows.Length; first += AdamRowTables.Most)
        {
            CatchUp(slabs, new AdamRowTables(Part(rows, first), PlacesPerBlock), rule);
        }
    }

    public void CatchUp(ParameterSlabs slabs, ReadOnlySpan<RowTable> tables, AdamRule rule)
    {
        for (var first = 0; first < tables.Length; first += AdamRowTables.Most)
        {
            CatchUp(slabs, new AdamRowTables(Part(tables, first), PlacesPerBlock), rule);
        }
    }

    /// <summary>Blocks of <see cref="Norm"/>.</summary>
    public static int NormBlocks(ReadOnlySpan<TouchedRows> rows)
    {
        var blocks = 0;
        for (var first = 0; first < rows.Length; first += AdamRowTables.Most)
        {
            blocks += NormBlocks(new AdamRowTables(Part(rows, first), NormPlacesPerBlock));
        }

        return blocks;
    }

    /// <summary>Counts the tables' updates and adds the sums of squares of the rows to the norm.</summary>
    public void Norm(ParameterSlabs slabs, ReadOnlySpan<TouchedRows> rows, AdamKernelRule rule, AdamNormParts parts)
    {
        for (var first = 0; first < rows.Length; first += AdamRowTables.Most)
        {
            var tables = new AdamRowTables(Part(rows, first), NormPlacesPerBlock);
            var arguments = new KernelArguments();
            arguments.Add(slabs.Gradients).Add(tables).Add(rule).Add(slabs.StepCounts.Address).Add(parts);
            engine.Launch(_norm, NormBlocks(tables), Threads, 0, arguments);
            parts = parts with { FirstPartial = parts.FirstPartial + NormBlocks(tables) };
        }
    }

    public void Update(ParameterSlabs slabs, ReadOnlySpan<TouchedRows> rows, AdamKernelRule rule, nint factor)
    {
        for (var first = 0; first < rows.Length; first += AdamRowTables.Most)
        {
            var tables = new AdamRowTables(Part(rows, first), PlacesPerBlock);
            var arguments = new KernelArguments();
            arguments.Add(slabs.Values).Add(slabs.Gradients).Add(slabs.FirstMoments).Add(slabs.SecondMoments).Add(tables).Add(rule)
                .Add(slabs.StepCounts.Address).Add(factor);
            engine.Launch(_update, tables.Blocks, Threads, 0, arguments);
        }
    }

    public void Discard(ParameterSlabs slabs, ReadOnlySpan<TouchedRows> rows)
    {
        for (var first = 0; first < rows.Length; first += AdamRowTables.Most)
        {
            var tables = new AdamRowTables(Part(rows, first), PlacesPerBlock);
            var arguments = new KernelArguments();
            arguments.Add(slabs.Gradients).Add(tables);
            engine.Launch(_discard, tables.Blocks, Threads, 0, arguments);
        }
    }

    private static ReadOnlySpan<T> Part<T>(ReadOnlySpan<T> all, int first) => all[first..Math.Min(all.Length, first + AdamRowTables.Most)];

    /// <summary>At least one: it also counts the updates of tables of which no row was touched.</summary>
    private static int NormBlocks(in AdamRowTables tables) => Math.Max(1, tables.Blocks);

    private void Mark(in AdamRowLookups lookups)
    {
        var arguments = new KernelArguments();
        arguments.Add(lookups);
        engine.Launch(_mark, lookups.Blocks, Threads, 0, arguments);
    }

    private void CatchUp(ParameterSlabs slabs, in AdamRowTables tables, AdamRule rule)
    {
        var arguments = new KernelArguments();
        arguments.Add(slabs.Values).Add(slabs.FirstMoments).Add(slabs.SecondMoments).Add(tables).Add(new AdamKernelRule(rule))
            .Add(slabs.StepCounts.Address);
        engine.Launch(_catchUp, tables.Blocks, Threads, 0, arguments);
    }
}
