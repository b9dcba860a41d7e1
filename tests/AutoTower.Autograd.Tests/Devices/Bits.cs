using System.Runtime.InteropServices;
using AutoTower.Autograd.Devices.Cpu;

namespace AutoTower.Autograd.Tests.Devices;

/// <summary>Comparison of runs bit by bit.</summary>
internal static class Bits
{
    /// <summary>Runs the same computation on 1, 2 and 3 threads and demands equal bits.</summary>
    public static void SameOnAnyNumberOfThreads(Func<CpuDevice, float[]> compute)
    {
        using var one = new CpuDevice(1);
        var expected = compute(one);
        foreach (var threads in new[] { 2, 3 })
        {
            using var device = new CpuDevice(threads);
            for (var repetition = 0; repetition < 3; repetition++)
            {
                Same(expected, compute(device));
            }
        }
    }

    public static void Same(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual) =>
        Assert.True(MemoryMarshal.AsBytes(expected).SequenceEqual(MemoryMarshal.AsBytes(actual)), "The bits differ.");
}
