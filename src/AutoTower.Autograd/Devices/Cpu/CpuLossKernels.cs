using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

internal sealed class CpuLossKernels(CpuThreads threads) : ILossKernels
{
    private readonly CpuThreads _threads = threads;

    public void UpdateItemFrequencies(ItemFrequencies frequencies, IntegerArray items, IntegerArray clock, Matrix logProbability) => throw new NotImplementedException(_threads.Count.ToString());

    public void BatchSoftmaxForward(Matrix users, Matrix items, Matrix logProbability, Matrix rewards, float temperature, Matrix probabilities, Matrix loss) => throw new NotImplementedException(_threads.Count.ToString());

    public void BatchSoftmaxBackward(Matrix users, Matrix items, Matrix rewards, float temperature, Matrix probabilities, Matrix dUsers, Matrix dItems) => throw new NotImplementedException(_threads.Count.ToString());

    public void FrobeniusForward(Matrix x, float coefficient, Matrix norm, Matrix loss) => throw new NotImplementedException(_threads.Count.ToString());

    public void FrobeniusBackward(Matrix x, float coefficient, Matrix norm, Matrix dx) => throw new NotImplementedException(_threads.Count.ToString());
}
