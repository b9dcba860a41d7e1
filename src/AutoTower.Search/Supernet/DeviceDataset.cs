using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Search.Data;

namespace AutoTower.Search.Supernet;

/// <summary>A data set on a device: feature columns and interactions, uploaded once, so that steps move nothing.</summary>
public sealed class DeviceDataset : IDisposable
{
    private readonly List<IDisposable> _buffers = [];

    /// <summary>Uploads <paramref name="dataset"/>.</summary>
    public DeviceDataset(Device device, Dataset dataset)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(dataset);
        Device = device;
        Dataset = dataset;
        UserFields = [.. dataset.Users.Fields.Select(Upload)];
        ItemFields = [.. dataset.Items.Fields.Select(Upload)];
        var log = dataset.Interactions;
        Interactions = new InteractionTable(
            Upload(log.Users, "interaction users"),
            Upload(log.Items, "interaction items"),
            Upload(log.Offsets, "interaction offsets"),
            dataset.HistoryLength,
            log.Weights is null ? Matrix.None : Upload(log.Weights));
    }

    /// <summary>The device.</summary>
    public Device Device { get; }

    /// <summary>The data set on the host.</summary>
    public Dataset Dataset { get; }

    /// <summary>Whether the interactions have weights in the loss.</summary>
    public bool IsWeighted => !Interactions.Weights.IsAbsent;

    /// <summary>All interactions.</summary>
    public InteractionTable Interactions { get; }

    /// <summary>Values and offsets of each user field.</summary>
    public IReadOnlyList<DeviceField> UserFields { get; }

    /// <summary>Values and offsets of each item field.</summary>
    public IReadOnlyList<DeviceField> ItemFields { get; }

    /// <summary>Uploads an index array that lives as long as the data set.</summary>
    public IntegerArray Upload(ReadOnlySpan<int> values, string purpose)
    {
        var buffer = new DeviceBuffer<int>(Device, values, $"{Dataset.Name} {purpose}");
        _buffers.Add(buffer);
        return new IntegerArray(buffer.Address, values.Length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var buffer in _buffers)
        {
            buffer.Dispose();
        }
    }

    private Matrix Upload(float[] weights)
    {
        var buffer = new DeviceBuffer<float>(Device, weights, $"{Dataset.Name} interaction weights");
        _buffers.Add(buffer);
        return new Matrix(buffer.Address, 1, weights.Length);
    }

    private DeviceField Upload(FeatureField field) => new(
        Upload(field.Values, field.Name),
        field.IsMultiValued ? Upload(field.Offsets, field.Name + " offsets") : IntegerArray.None);
}

/// <summary>A feature column on the device.</summary>
/// <param name="Values">Entity id -> row, or concatenated rows.</param>
/// <param name="Offsets">For multi-valued fields; else absent.</param>
public readonly record struct DeviceField(IntegerArray Values, IntegerArray Offsets);
