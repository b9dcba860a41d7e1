using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

internal sealed unsafe class CpuOptimiserKernels(CpuThreads threads) : IOptimiserKernels
{
    private const int ElementsAChunk = 1 << 14;

    /// <summary>Pieces of segments of at most <see cref="ElementsAChunk"/> elements; the list is kept from step to step.</summary>
    private readonly List<Chunk> _chunks = [];

    /// <summary>The update of each segment's group.</summary>
    private readonly List<AdamUpdate> _updates = [];

    public void ClipAndUpdate(
        ParameterSlabs slabs, ReadOnlySpan<ParameterSegment> segments, ReadOnlySpan<TouchedRows> rows, AdamRule rule, Matrix norm)
    {
        var settings = rule.Settings;
        Shape.Require(norm, 1, 1);
        Cut(segments);
        float* values = (float*)slabs.Values, gradients = (float*)slabs.Gradients;
        float* first = (float*)slabs.FirstMoments, second = (float*)slabs.SecondMoments;
        var total = GradientNorm(gradients, rows);
        *(float*)norm.Address = (float)total;

        var clip = settings.MaximumNorm > 0 ? (float)Math.Min(1, settings.MaximumNorm / (total + 1e-6)) : 1;
        var rates = new AdamRates(settings);
        var steps = new Span<int>((int*)slabs.StepCounts.Address, slabs.StepCounts.Length);
        _updates.Clear();
        foreach (var segment in segments)
        {
            _updates.Add(new AdamUpdate(rates, clip, AdamCorrection.Of(rule.Corrections, ++steps[segment.Counter])));
        }

        threads.Run(_chunks.Count, index =>
        {
            var chunk = _chunks[index];
            var at = (nint)chunk.Offset;
            _updates[chunk.Segment].Apply(values + at, gradients + at, first + at, second + at, chunk.Length);
        });

        var replay = new AdamReplay(slabs, rule);
        foreach (var touched in rows)
        {
            var table = touched.Table;
            var step = steps[table.Counter] + 1;
            var update = new AdamUpdate(rates, clip, AdamCorrection.Of(rule.Corrections, step));
            CpuRowUpdates.ForEachRow(threads, touched, (_, row) =>
            {
                replay.DecayMoments(table, row);
                var at = AdamReplay.Place(table, row);
                update.Apply(values + at, gradients + at, first + at, second + at, table.Columns);
                table.LastGradient.AsSpan()[row] = step;
                table.CaughtUp.AsSpan()[row] = step;
                table.Owners.AsSpan()[row] = 0;
            });
            steps[table.Counter] = step;
        }
    }

    public void Prepare(ParameterSlabs slabs, ReadOnlySpan<TouchedRows> rows, AdamRule rule)
    {
        var replay = new AdamReplay(slabs, rule);
        foreach (var touched in rows)
        {
            CpuRowUpdates.Prepare(threads, replay, touched);
        }
    }

    public void Discard(ParameterSlabs slabs, ReadOnlySpan<TouchedRows> rows)
    {
        foreach (var touched in rows)
        {
            var table = touched.Table;
            CpuRowUpdates.ForEachRow(threads, touched, (_, row) =>
            {
                new Span<float>((float*)slabs.Gradients + AdamReplay.Place(table, row), table.Columns).Clear();
                table.Owners.AsSpan()[row] = 0;
            });
        }
    }

    public void CatchUp(ParameterSlabs slabs, ReadOnlySpan<RowTable> tables, AdamRule rule)
    {
        var replay = new AdamReplay(slabs, rule);
        foreach (var table in tables)
        {
            CpuRowUpdates.CatchUp(threads, replay, table);
        }
    }

    private void Cut(ReadOnlySpan<ParameterSegment> segments)
    {
        _chunks.Clear();
        for (var i = 0; i < segments.Length; i++)
        {
            for (var done = 0; done < segments[i].Length; done += ElementsAChunk)
            {
                _chunks.Add(new Chunk(segments[i].Offset + done, Math.Min(ElementsAChunk, segments[i].Length - done), i));
            }
        }
    }

    private double GradientNorm(float* gradients, ReadOnlySpan<TouchedRows> rows)
    {
        using var memory = threads.Scratch.Rent<double>(_chunks.Count);
        var partial = memory.Pointer;
        threads.Run(_chunks.Count, index => partial[index] = SquareSums.Of(gradients + (nint)_chunks[index].Offset, _chunks[index].Length));
        var sum = Sum(partial, _chunks.Count);
        foreach (var touched in rows)
        {
            sum += SquareSum(gradients, touched);
        }

        return Math.Sqrt(sum);
    }

    private double SquareSum(float* gradients, TouchedRows touched)
    {
        var chunks = CpuRowUpdates.Chunks(touched);
        using var memory = threads.Scratch.Rent<double>(chunks);
        var partial = memory.Pointer;
        new Span<double>(partial, chunks).Clear();
        CpuRowUpdates.ForEachRow(threads, touched, (chunk, row) =>
            partial[chunk] += SquareSums.Of(gradients + AdamReplay.Place(touched.Table, row), touched.Table.Columns));
        return Sum(partial, chunks);
    }

    private static double Sum(double* partial, int count)
    {
        var sum = 0.0;
        for (var i = 0; i < count; i++)
        {
            sum += partial[i];
        }

        return sum;
    }

    private readonly record struct Chunk(long Offset, int Length, int Segment);
}
