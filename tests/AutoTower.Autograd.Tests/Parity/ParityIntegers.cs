using AutoTower.Autograd.Devices;

namespace AutoTower.Autograd.Tests.Parity;

/// <summary>The same integers on both devices.</summary>
public sealed class ParityIntegers : IDisposable
{
    private readonly Device _reference;
    private readonly Device _tested;
    private readonly IntegerArray _onReference;
    private readonly IntegerArray _onTested;

    internal ParityIntegers(Device reference, Device tested, ReadOnlySpan<int> values)
    {
        (_reference, _tested) = (reference, tested);
        _onReference = Place(reference, values);
        _onTested = Place(tested, values);
    }

    public IntegerArray On(Device device) => ReferenceEquals(device, _reference) ? _onReference : _onTested;

    public int[] Values(Device device)
    {
        var values = new int[On(device).Length];
        device.Download(On(device).Address, values.AsSpan());
        return values;
    }

    public void Dispose()
    {
        _reference.Free(_onReference.Address);
        _tested.Free(_onTested.Address);
    }

    private static IntegerArray Place(Device device, ReadOnlySpan<int> values)
    {
        var address = device.Allocate(Math.Max(1, values.Length) * sizeof(int), "test");
        device.Upload(values, address);
        return new IntegerArray(address, values.Length);
    }
}
