using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Search.Supernet;

namespace AutoTower.Search.Training.Measures;

/// <summary>Batches of one size that towers are evaluated on; the same ones every time.</summary>
public abstract class EvaluationBatches : IDisposable
{
    /// <summary>Creates batches.</summary>
    /// <param name="count">Number of batches.</param>
    /// <param name="size">Examples a batch.</param>
    protected EvaluationBatches(int count, int size)
    {
        Count = count;
        Size = size;
    }

    /// <summary>Number of batches.</summary>
    public int Count { get; }

    /// <summary>Examples a batch.</summary>
    public int Size { get; }

    /// <summary>Examples in all.</summary>
    public int Rows => Count * Size;

    /// <summary>Assembles one batch after another; its arrays are valid until the next.</summary>
    public abstract void ForEach(Action<int, BatchArrays> body);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases device memory.</summary>
    protected abstract void Dispose(bool disposing);
}

/// <summary>Batches of interactions in a shuffled order, as training sees them.</summary>
internal sealed class ShuffledBatches : EvaluationBatches
{
    private readonly DeviceDataset _data;
    private readonly IntegerArray _pool;
    private readonly ulong _seed;
    private readonly DeviceBatch _batch;
    private readonly DeviceBuffer<int> _clock;

    public ShuffledBatches(DeviceDataset data, IntegerArray pool, int count, int size, ulong seed)
        : base(count, Math.Min(size, pool.Length))
    {
        _data = data;
        _pool = pool;
        _seed = seed;
        _batch = new DeviceBatch(data.Device, Size, data.Dataset.HistoryLength, data.IsWeighted);
        _clock = new DeviceBuffer<int>(data.Device, 1, "evaluation clock");
    }

    /// <summary>The number of the batch at hand, from 1, on the device.</summary>
    public IntegerArray Clock => new(_clock.Address, 1);

    public override void ForEach(Action<int, BatchArrays> body)
    {
        var device = _data.Device;
        device.Zero(_clock.Address, _clock.Bytes);
        for (var i = 0; i < Count; i++)
        {
            var batch = _batch.Arrays(Size);
            device.Batches.Advance(Clock);
            device.Batches.AssembleShuffled(_data.Interactions, _pool, _seed, Clock, batch);
            body(i, batch);
        }
    }

    protected override void Dispose(bool disposing)
    {
        _batch.Dispose();
        _clock.Dispose();
    }
}

/// <summary>Batches of given interactions, in order; the last one is filled up with the last interaction.</summary>
internal sealed class InteractionBatches : EvaluationBatches
{
    private readonly DeviceDataset _data;
    private readonly DeviceBatch _batch;
    private readonly DeviceBuffer<int> _interactions;

    public InteractionBatches(DeviceDataset data, IReadOnlyList<int> interactions, int size)
        : base((interactions.Count + Math.Min(size, interactions.Count) - 1) / Math.Min(size, interactions.Count), Math.Min(size, interactions.Count))
    {
        _data = data;
        _batch = new DeviceBatch(data.Device, Size, data.Dataset.HistoryLength);
        int[] filled = [.. interactions, .. Enumerable.Repeat(interactions[^1], Rows - interactions.Count)];
        _interactions = new DeviceBuffer<int>(data.Device, filled, "evaluated interactions");
    }

    public override void ForEach(Action<int, BatchArrays> body)
    {
        var all = new IntegerArray(_interactions.Address, Rows);
        for (var i = 0; i < Count; i++)
        {
            var batch = _batch.Arrays(Size);
            _data.Device.Batches.Assemble(_data.Interactions, all.Slice(i * Size, Size), batch);
            body(i, batch);
        }
    }

    protected override void Dispose(bool disposing)
    {
        _batch.Dispose();
        _interactions.Dispose();
    }
}

/// <summary>All items in order, from 1, in batches without users; the last one is filled up with the last item.</summary>
internal sealed class ItemBatches : EvaluationBatches
{
    private readonly DeviceBuffer<int> _items;

    public ItemBatches(DeviceDataset data, int size)
        : base((ItemsOf(data) + Math.Min(size, ItemsOf(data)) - 1) / Math.Min(size, ItemsOf(data)), Math.Min(size, ItemsOf(data)))
    {
        int[] filled = [.. Enumerable.Range(1, Rows).Select(item => Math.Min(item, ItemsOf(data)))];
        _items = new DeviceBuffer<int>(data.Device, filled, "evaluated items");
    }

    public override void ForEach(Action<int, BatchArrays> body)
    {
        var all = new IntegerArray(_items.Address, Rows);
        for (var i = 0; i < Count; i++)
        {
            body(i, new BatchArrays(IntegerArray.None, all.Slice(i * Size, Size), IntegerArray.None, IntegerArray.None));
        }
    }

    protected override void Dispose(bool disposing) => _items.Dispose();

    private static int ItemsOf(DeviceDataset data) => data.Dataset.Items.Count - 1;
}
