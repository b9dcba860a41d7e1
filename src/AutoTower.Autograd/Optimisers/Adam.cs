using System.Runtime.InteropServices;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Memory;
using AutoTower.Autograd.Parameters;

namespace AutoTower.Autograd.Optimisers;

/// <summary>
/// Adam with L2 weight decay and global-norm clipping over the groups that a step touched; other groups, their moments and their step
/// counts stay as they are (SPEC.md, Loss and training). Within a touched group every value is updated, also rows of an embedding table
/// that the batch did not use (gradient 0), as the dense optimiser of the specification does; with <see cref="LazyUpdates"/> the rows of
/// large tables make up for that when they are needed, so that a step costs nothing for rows that it does not touch.
/// </summary>
public sealed class Adam : IDisposable
{
    private readonly ParameterStore _store;
    private readonly Device _device;
    private readonly AdamCorrections _corrections;
    private readonly AdamRule _rule;
    private readonly WholeSegments _segments;
    private readonly LazyTables _tables;

    /// <summary>Creates an optimiser with zero moments.</summary>
    /// <param name="store">The parameters.</param>
    /// <param name="settings">Hyper-parameters.</param>
    /// <param name="lazy">Which tables are updated by row; null for none.</param>
    public Adam(ParameterStore store, AdamSettings settings, LazyUpdates? lazy = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(settings);
        _store = store;
        _device = store.Values.Device;
        Settings = settings;
        _segments = new WholeSegments(store, lazy);
        _tables = new LazyTables(store, lazy, _segments.Counters);
        _corrections = new AdamCorrections(_device, settings);
        _rule = new AdamRule(settings, _corrections.Table, lazy?.Replayed ?? int.MaxValue);
        FirstMoments = new DeviceBuffer<float>(_device, store.Values.Length, "Adam first moments");
        SecondMoments = new DeviceBuffer<float>(_device, store.Values.Length, "Adam second moments");
        StepCounts = new DeviceBuffer<int>(_device, _segments.Counters + _tables.All.Count, "Adam step counts");
        Norm = new DeviceBuffer<float>(_device, 1, "gradient norm");
    }

    /// <summary>Hyper-parameters.</summary>
    public AdamSettings Settings { get; }

    /// <summary>Whether any table is updated by row, so that rows must be prepared before a step reads them.</summary>
    public bool IsLazy => _tables.All.Count > 0;

    /// <summary>m, in slab order.</summary>
    public DeviceBuffer<float> FirstMoments { get; }

    /// <summary>v, in slab order.</summary>
    public DeviceBuffer<float> SecondMoments { get; }

    /// <summary>Updates so far: of the groups, then of further segments of groups, then of the tables that are updated by row.</summary>
    public DeviceBuffer<int> StepCounts { get; }

    /// <summary>Of each row of these tables, the update that its last gradient came with.</summary>
    public DeviceBuffer<int> LastGradients => _tables.LastGradient;

    /// <summary>Of each row of these tables, the update up to which its value is exact.</summary>
    public DeviceBuffer<int> CaughtUp => _tables.CaughtUp;

    /// <summary>Gradient norm of the last step, before clipping.</summary>
    public DeviceBuffer<float> Norm { get; }

    private ParameterSlabs Slabs => new(
        _store.Values.Address,
        _store.Gradients.Address,
        FirstMoments.Address,
        SecondMoments.Address,
        new IntegerArray(StepCounts.Address, (int)StepCounts.Length));

    /// <summary>
    /// Lets the rows that a batch looks up catch up. Before anything reads them; <see cref="Step"/> with the same groups or
    /// <see cref="DiscardGradients"/> must follow. Nothing happens where no table is updated by row.
    /// </summary>
    /// <param name="arena">Gives memory that lasts until then.</param>
    /// <param name="groups">What the step will update.</param>
    /// <param name="lookups">All look-ups of the batch in embedding tables.</param>
    public void Prepare(Arena arena, IReadOnlyList<ParameterGroup> groups, IReadOnlyList<RowLookup> lookups)
    {
        ArgumentNullException.ThrowIfNull(arena);
        ArgumentNullException.ThrowIfNull(groups);
        ArgumentNullException.ThrowIfNull(lookups);
        _tables.Touch(arena, groups, lookups);
        _device.Optimiser.Prepare(Slabs, [.. _tables.Touched], _rule);
    }

    /// <summary>Clips the gradients of <paramref name="groups"/>, updates those parameters and zeroes the gradients.</summary>
    /// <exception cref="InvalidOperationException">A table of the groups is updated by row and was not prepared.</exception>
    public void Step(IReadOnlyList<ParameterGroup> groups)
    {
        ArgumentNullException.ThrowIfNull(groups);
        var rows = _tables.Take(groups);
        var segments = new List<ParameterSegment>(groups.Count);
        foreach (var group in groups)
        {
            segments.AddRange(_segments.Of(group));
        }

        _device.Optimiser.ClipAndUpdate(Slabs, CollectionsMarshal.AsSpan(segments), rows, _rule, new Matrix(Norm.Address, 1, 1));
    }

    /// <summary>Sets all gradients to zero that a backward pass after <see cref="Prepare"/> may have left, without a step.</summary>
    public void DiscardGradients()
    {
        _device.Optimiser.Discard(Slabs, _tables.Forget());
        long first = 0;
        foreach (var table in _tables.All)
        {
            ZeroGradients(first, table.Offset);
            first = table.Offset + ((long)table.Rows * table.Columns);
        }

        ZeroGradients(first, _store.Gradients.Length);
    }

    /// <summary>Lets all rows catch up: to be called before anything reads tables other than for a step.</summary>
    public void CatchUp() => _device.Optimiser.CatchUp(Slabs, [.. _tables.All], _rule);

    /// <summary>Forgets moments and step counts, as a new optimiser would (SPEC.md: retraining makes one each epoch).</summary>
    public void Reset()
    {
        CatchUp();
        _device.Zero(FirstMoments.Address, FirstMoments.Bytes);
        _device.Zero(SecondMoments.Address, SecondMoments.Bytes);
        _device.Zero(StepCounts.Address, StepCounts.Bytes);
        _tables.Reset();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        FirstMoments.Dispose();
        SecondMoments.Dispose();
        StepCounts.Dispose();
        Norm.Dispose();
        _corrections.Dispose();
        _tables.Dispose();
    }

    private void ZeroGradients(long first, long end) =>
        _device.Zero(_store.Gradients.Address + (nint)first * sizeof(float), (end - first) * sizeof(float));
}
