using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

internal sealed class CpuDenseKernels(CpuThreads threads) : IDenseKernels
{
    private readonly CpuThreads _threads = threads;

    public void LinearForward(Matrix x, Matrix weight, Matrix bias, Matrix y, int tokens = 1) => throw new NotImplementedException(_threads.Count.ToString());

    public void LinearBackwardInput(Matrix dy, Matrix weight, Matrix dx, int tokens = 1) => throw new NotImplementedException(_threads.Count.ToString());

    public void LinearBackwardWeight(Matrix dy, Matrix x, Matrix dWeight, Matrix dBias, int tokens = 1) => throw new NotImplementedException(_threads.Count.ToString());

    public void ScaledBiasForward(Matrix y, Matrix scale, Matrix bias) => throw new NotImplementedException(_threads.Count.ToString());

    public void ScaledBiasBackward(Matrix dy, Matrix scale, Matrix bias, Matrix dScale, Matrix dBias) => throw new NotImplementedException(_threads.Count.ToString());
}
