using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

internal sealed class CpuAttentionKernels(CpuThreads threads) : IAttentionKernels
{
    private readonly CpuThreads _threads = threads;

    public void Forward(Matrix projected, int tokens, int heads, Matrix z, Matrix weights) => throw new NotImplementedException(_threads.Count.ToString());

    public void Backward(Matrix projected, int tokens, int heads, Matrix weights, Matrix dz, Matrix dProjected) => throw new NotImplementedException(_threads.Count.ToString());
}
