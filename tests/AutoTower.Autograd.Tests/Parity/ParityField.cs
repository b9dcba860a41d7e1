using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Tests.Parity;

/// <summary>A field of an embedding gather on both devices.</summary>
internal sealed record ParityField(ParityMatrix Table, ParityMatrix? Gradient, ParityIntegers Values, ParityIntegers? Offsets, bool FirstOnly)
{
    public FieldLookup On(Device device) =>
        new(Table.On(device), Gradient?.On(device) ?? default, Values.On(device), Offsets?.On(device) ?? default, FirstOnly);
}
