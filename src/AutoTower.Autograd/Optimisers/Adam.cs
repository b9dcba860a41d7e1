using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Parameters;

namespace AutoTower.Autograd.Optimisers;

/// <summary>
/// Adam with L2 weight decay and global-norm clipping over the groups that a step touched; other groups, their moments and their step
/// counts stay as they are (SPEC.md, Loss and training). Within a touched group every value is updated, also rows of an embedding table
/// that the batch did not use (gradient 0), as the dense optimiser of the specification does.
/// </summary>
public sealed class Adam : IDisposable
{
    private readonly ParameterStore _store;
    private readonly Device _device;

    /// <summary>Creates an optimiser with zero moments.</summary>
    public Adam(ParameterStore store, AdamSettings settings)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(settings);
        _store = store;
        _device = store.Values.Device;
        Settings = settings;
        FirstMoments = new DeviceBuffer<float>(_device, store.Values.Length, "Adam first moments");
        SecondMoments = new DeviceBuffer<float>(_device, store.Values.Length, "Adam second moments");
        StepCounts = new DeviceBuffer<int>(_device, store.Groups.Count, "Adam step counts");
        Norm = new DeviceBuffer<float>(_device, 1, "gradient norm");
    }

    /// <summary>Hyper-parameters.</summary>
    public AdamSettings Settings { get; }

    /// <summary>m, in slab order.</summary>
    public DeviceBuffer<float> FirstMoments { get; }

    /// <summary>v, in slab order.</summary>
    public DeviceBuffer<float> SecondMoments { get; }

    /// <summary>Updates so far, per group.</summary>
    public DeviceBuffer<int> StepCounts { get; }

    /// <summary>Gradient norm of the last step, before clipping.</summary>
    public DeviceBuffer<float> Norm { get; }

    /// <summary>Clips the gradients of <paramref name="groups"/>, updates those parameters and zeroes the gradients.</summary>
    public void Step(IReadOnlyList<ParameterGroup> groups)
    {
        ArgumentNullException.ThrowIfNull(groups);
        Span<ParameterSegment> segments = groups.Count <= 64 ? stackalloc ParameterSegment[groups.Count] : new ParameterSegment[groups.Count];
        for (var i = 0; i < groups.Count; i++)
        {
            segments[i] = groups[i].Segment;
        }

        var slabs = new ParameterSlabs(
            _store.Values.Address,
            _store.Gradients.Address,
            FirstMoments.Address,
            SecondMoments.Address,
            new IntegerArray(StepCounts.Address, (int)StepCounts.Length));
        _device.Optimiser.ClipAndUpdate(slabs, segments, Settings, new Matrix(Norm.Address, 1, 1));
    }

    /// <summary>Forgets moments and step counts, as a new optimiser would (SPEC.md: retraining makes one each epoch).</summary>
    public void Reset()
    {
        _device.Zero(FirstMoments.Address, FirstMoments.Bytes);
        _device.Zero(SecondMoments.Address, SecondMoments.Bytes);
        _device.Zero(StepCounts.Address, StepCounts.Bytes);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        FirstMoments.Dispose();
        SecondMoments.Dispose();
        StepCounts.Dispose();
        Norm.Dispose();
    }
}
