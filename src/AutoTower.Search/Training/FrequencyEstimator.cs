using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Search.Training;

/// <summary>
/// The streaming estimate of how often an item occurs in batches (paper, section 3.3.2; SPEC.md). The state is one step number and one
/// interval an item; the interval starts at number of items / batch size, in integer division.
/// </summary>
public sealed class FrequencyEstimator : IDisposable
{
    private readonly Device _device;

    /// <summary>Creates the estimate for items 1 to <paramref name="items"/>.</summary>
    public FrequencyEstimator(Device device, int items, int batchSize, float rate)
    {
        _device = device;
        Rate = rate;
        LastSeen = new DeviceBuffer<int>(device, items + 1, "item last seen");
        Intervals = new DeviceBuffer<float>(device, items + 1, "item intervals");
        var start = new float[items + 1];
        start.AsSpan().Fill(items / batchSize);
        Intervals.Upload(start);
    }

    /// <summary>a.</summary>
    public float Rate { get; }

    /// <summary>Step at which each item was last seen.</summary>
    public DeviceBuffer<int> LastSeen { get; }

    /// <summary>Estimated steps between two occurrences of each item.</summary>
    public DeviceBuffer<float> Intervals { get; }

    /// <summary>Takes in the batch of the clock's step; <paramref name="logProbability"/> (1, B) receives log p of each occurrence.</summary>
    public void Update(IntegerArray items, IntegerArray clock, Matrix logProbability) =>
        _device.Loss.UpdateItemFrequencies(State(LastSeen, Rate), items, clock, logProbability);

    /// <summary>Looks up log p without learning from the batch: rate 0 leaves intervals alone, and step numbers go to a scratch array.</summary>
    /// <param name="items">(B) item ids.</param>
    /// <param name="clock">Any clock.</param>
    /// <param name="scratch">As long as <see cref="LastSeen"/>.</param>
    /// <param name="logProbability">(1, B).</param>
    public void LookUp(IntegerArray items, IntegerArray clock, DeviceBuffer<int> scratch, Matrix logProbability)
    {
        ArgumentNullException.ThrowIfNull(scratch);
        _device.Loss.UpdateItemFrequencies(State(scratch, 0f), items, clock, logProbability);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        LastSeen.Dispose();
        Intervals.Dispose();
    }

    private ItemFrequencies State(DeviceBuffer<int> lastSeen, float rate) =>
        new(new IntegerArray(lastSeen.Address, (int)lastSeen.Length), new Matrix(Intervals.Address, 1, (int)Intervals.Length), rate);
}
