using AutoTower.Autograd.Devices;

namespace AutoTower.Autograd.Parameters;

/// <summary>
/// All parameters of a model. They are declared first, then allocated together: one slab of values and one of gradients, groups contiguous,
/// so that clipping and Adam over a path take a constant number of launches.
/// </summary>
public sealed class ParameterStore : IDisposable
{
    private const int Alignment = 16;
    private readonly List<ParameterGroup> _groups = [];
    private DeviceBuffer<float>? _values;
    private DeviceBuffer<float>? _gradients;
    private DeviceBuffer<float>? _buffers;

    /// <summary>The groups in order of declaration.</summary>
    public IReadOnlyList<ParameterGroup> Groups => _groups;

    /// <summary>Values, in slab order.</summary>
    /// <exception cref="InvalidOperationException">The store is not allocated.</exception>
    public DeviceBuffer<float> Values => _values ?? throw NotAllocated();

    /// <summary>Gradients, in slab order; zero between steps.</summary>
    /// <exception cref="InvalidOperationException">The store is not allocated.</exception>
    public DeviceBuffer<float> Gradients => _gradients ?? throw NotAllocated();

    /// <summary>Running statistics.</summary>
    /// <exception cref="InvalidOperationException">The store is not allocated.</exception>
    public DeviceBuffer<float> Buffers => _buffers ?? throw NotAllocated();

    /// <summary>Number of trainable values.</summary>
    public long Count => _groups.Sum(group => group.Count);

    /// <summary>Declares a group.</summary>
    public ParameterGroup AddGroup(string name)
    {
        if (_values is not null)
        {
            throw new InvalidOperationException($"Group {name} was declared after the store had been allocated.");
        }

        var group = new ParameterGroup(name, _groups.Count);
        _groups.Add(group);
        return group;
    }

    /// <summary>Allocates everything on <paramref name="device"/> and draws initial values.</summary>
    /// <param name="device">Where the parameters live.</param>
    /// <param name="seed">
    /// Seed. A value depends on the seed and the parameter's name only, so an architecture starts alike inside and outside a supernet.
    /// </param>
    public void Allocate(Device device, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(device);
        long length = 0;
        long bufferLength = 0;
        foreach (var group in _groups)
        {
            var first = length;
            length = Place(group.Parameters, length);
            bufferLength = Place(group.Buffers, bufferLength);
            group.Segment = new(first, checked((int)(length - first)), group.Index);
        }

        _values = new DeviceBuffer<float>(device, length, "parameter values");
        _gradients = new DeviceBuffer<float>(device, length, "parameter gradients");
        _buffers = new DeviceBuffer<float>(device, bufferLength, "running statistics");
        foreach (var group in _groups)
        {
            foreach (var parameter in group.Parameters)
            {
                parameter.Tensor = new Tensor(View(_values, parameter), View(_gradients, parameter));
            }

            foreach (var buffer in group.Buffers)
            {
                buffer.Tensor = new Tensor(View(_buffers, buffer), Matrix.None);
            }
        }

        InitialValues.Upload(_groups.SelectMany(group => group.Parameters), _values, seed);
        InitialValues.Upload(_groups.SelectMany(group => group.Buffers), _buffers, seed);
    }

    /// <summary>Every named tensor, parameters then running statistics, group by group.</summary>
    public IEnumerable<(Parameter Parameter, ParameterPart Part)> NamedParts() =>
        from g in _groups
        from parameter in g.Parameters.Concat(g.Buffers)
        from part in parameter.Parts
        select (parameter, part);

    /// <summary>Waits for the device and copies one named part to the host, row-major (out, in).</summary>
    public static float[] DownloadPart(Device device, Parameter parameter, ParameterPart part)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(parameter);
        ArgumentNullException.ThrowIfNull(part);
        var (first, count) = parameter.Range(part);
        var values = new float[count];
        device.Download(parameter.Tensor.Value.Address + (nint)first * sizeof(float), values.AsSpan());
        return values;
    }

    /// <summary>Copies one named part from the host.</summary>
    /// <exception cref="ArgumentException">The number of values is not that of the part.</exception>
    public static void UploadPart(Device device, Parameter parameter, ParameterPart part, ReadOnlySpan<float> values)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(parameter);
        ArgumentNullException.ThrowIfNull(part);
        var (first, count) = parameter.Range(part);
        if (values.Length != count)
        {
            throw new ArgumentException($"{part.Name} has {count} values, not {values.Length}.");
        }

        device.Upload(values, parameter.Tensor.Value.Address + (nint)first * sizeof(float));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _values?.Dispose();
        _gradients?.Dispose();
        _buffers?.Dispose();
    }

    /// <summary>The first offset from <paramref name="offset"/> on at which a parameter may start.</summary>
    internal static long Aligned(long offset) => (offset + Alignment - 1) / Alignment * Alignment;

    private static long Place(IReadOnlyList<Parameter> parameters, long offset)
    {
        foreach (var parameter in parameters)
        {
            parameter.Offset = offset;
            offset = Aligned(offset + parameter.Count);
        }

        return offset;
    }

    private static Matrix View(DeviceBuffer<float> slab, Parameter parameter) =>
        new(slab.Address + (nint)parameter.Offset * sizeof(float), parameter.Rows, parameter.Columns);

    private static InvalidOperationException NotAllocated() => new("The parameter store is not allocated.");
}
