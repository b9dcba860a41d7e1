using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cpu;

namespace AutoTower.Autograd.Tests.Devices;

/// <summary>Integers on the CPU device.</summary>
internal sealed unsafe class HostIntegers
{
    public HostIntegers(CpuDevice device, params ReadOnlySpan<int> values)
    {
        View = new IntegerArray(device.Allocate(Math.Max(1, values.Length) * sizeof(int), "test"), values.Length);
        values.CopyTo(Values);
    }

    public IntegerArray View { get; }

    public Span<int> Values => new((int*)View.Address, View.Length);
}
