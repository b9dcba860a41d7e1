using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

internal sealed class CpuPoolingKernels(CpuThreads threads) : IPoolingKernels
{
    private readonly CpuThreads _threads = threads;

    public void SumForward(Matrix x, IntegerArray lengths, bool average, Matrix y) => throw new NotImplementedException(_threads.Count.ToString());

    public void SumBackward(Matrix dy, IntegerArray lengths, bool average, Matrix dx) => throw new NotImplementedException(_threads.Count.ToString());

    public void SelfAttentiveForward(Matrix hidden, Matrix w2, Matrix x, IntegerArray lengths, Matrix weights, Matrix y) => throw new NotImplementedException(_threads.Count.ToString());

    public void SelfAttentiveBackward(Matrix t, Matrix w2, Matrix x, IntegerArray lengths, Matrix weights, Matrix dy, Matrix dHidden, Matrix dW2, Matrix dx) => throw new NotImplementedException(_threads.Count.ToString());

    public void SelfAttentionForward(Matrix queryKey, Matrix x, IntegerArray lengths, Dropout dropout, Matrix weights, Matrix columnMeans, Matrix pooled, Matrix mass) => throw new NotImplementedException(_threads.Count.ToString());

    public void SelfAttentionBackward(Matrix queryKey, Matrix x, IntegerArray lengths, Dropout dropout, Matrix weights, Matrix columnMeans, Matrix dPooled, Matrix dMass, Matrix dQueryKey, Matrix dx) => throw new NotImplementedException(_threads.Count.ToString());

    public void NonEmpty(IntegerArray lengths, Matrix y) => throw new NotImplementedException(_threads.Count.ToString());
}
