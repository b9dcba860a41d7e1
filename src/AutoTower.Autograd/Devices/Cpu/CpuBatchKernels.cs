using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

internal sealed class CpuBatchKernels(CpuThreads threads) : IBatchKernels
{
    private readonly CpuThreads _threads = threads;

    public void AssembleShuffled(InteractionTable table, IntegerArray pool, ulong seed, IntegerArray clock, BatchArrays batch) => throw new NotImplementedException(_threads.Count.ToString());

    public void Assemble(InteractionTable table, IntegerArray interactions, BatchArrays batch) => throw new NotImplementedException(_threads.Count.ToString());

    public void Advance(IntegerArray clock) => throw new NotImplementedException(_threads.Count.ToString());
}
