using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

internal sealed class CpuEmbeddingKernels(CpuThreads threads) : IEmbeddingKernels
{
    private readonly CpuThreads _threads = threads;

    public void GatherForward(IntegerArray ids, ReadOnlySpan<FieldLookup> fields, Matrix y) => throw new NotImplementedException(_threads.Count.ToString());

    public void GatherBackward(IntegerArray ids, ReadOnlySpan<FieldLookup> fields, Matrix dy) => throw new NotImplementedException(_threads.Count.ToString());
}
