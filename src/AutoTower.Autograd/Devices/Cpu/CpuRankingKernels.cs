using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

internal sealed class CpuRankingKernels(CpuThreads threads) : IRankingKernels
{
    private readonly CpuThreads _threads = threads;

    public void TopK(Matrix queries, Matrix items, Exclusions exclusions, int k, IntegerArray indices, Matrix scores) => throw new NotImplementedException(_threads.Count.ToString());
}
