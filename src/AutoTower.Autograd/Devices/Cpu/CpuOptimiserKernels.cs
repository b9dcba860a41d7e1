using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

internal sealed class CpuOptimiserKernels(CpuThreads threads) : IOptimiserKernels
{
    private readonly CpuThreads _threads = threads;

    public void ClipAndUpdate(ParameterSlabs slabs, ReadOnlySpan<ParameterSegment> segments, AdamSettings settings, Matrix norm) => throw new NotImplementedException(_threads.Count.ToString());
}
