using AutoTower.Autograd.Devices;

namespace AutoTower.Autograd.Memory;

/// <summary>
/// The memory of one step: activations with their gradients, and what operations save for backward. Everything taken is given back
/// together by <see cref="Reset"/>; tensors from before are dangling after it.
/// </summary>
public sealed class Arena : IDisposable
{
    private readonly BumpAllocator _values;
    private readonly BumpAllocator _gradients;

    /// <summary>Creates an empty arena.</summary>
    /// <param name="device">Where the memory lies.</param>
    /// <param name="name">Who uses it, for messages about memory.</param>
    public Arena(Device device, string name)
    {
        ArgumentNullException.ThrowIfNull(device);
        Device = device;
        _values = new BumpAllocator(device, $"{name} activations");
        _gradients = new BumpAllocator(device, $"{name} gradients");
    }

    /// <summary>The device that holds the memory.</summary>
    public Device Device { get; }

    /// <summary>Bytes in use since the last reset.</summary>
    public long UsedBytes => _values.UsedBytes + _gradients.UsedBytes;

    /// <summary>Takes a (<paramref name="rows"/>, <paramref name="columns"/>) tensor; its values are undefined.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="withGradient">Whether a gradient is propagated into it; it is defined after <see cref="ZeroGradients"/>.</param>
    public Tensor NewTensor(int rows, int columns, bool withGradient)
    {
        var bytes = (long)rows * columns * sizeof(float);
        return new Tensor(
            new Matrix(_values.Take(bytes), rows, columns),
            withGradient ? new Matrix(_gradients.Take(bytes), rows, columns) : Matrix.None);
    }

    /// <summary>Takes a matrix without gradient; its values are undefined.</summary>
    public Matrix NewMatrix(int rows, int columns) => NewTensor(rows, columns, withGradient: false).Value;

    /// <summary>Takes an integer array; its values are undefined.</summary>
    public IntegerArray NewIntegers(int length) => new(_values.Take((long)length * sizeof(int)), length);

    /// <summary>Takes an integer array with values from the host.</summary>
    public IntegerArray NewIntegers(ReadOnlySpan<int> values)
    {
        var array = NewIntegers(values.Length);
        Device.Upload(values, array.Address);
        return array;
    }

    /// <summary>Sets all gradients taken since the last reset to zero; called once, before the backward pass.</summary>
    public void ZeroGradients() => _gradients.ZeroUsed();

    /// <summary>Takes everything back.</summary>
    public void Reset()
    {
        _values.Reset();
        _gradients.Reset();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _values.Dispose();
        _gradients.Dispose();
    }
}
