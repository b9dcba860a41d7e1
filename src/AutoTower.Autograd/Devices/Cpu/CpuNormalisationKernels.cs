using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

internal sealed class CpuNormalisationKernels(CpuThreads threads) : INormalisationKernels
{
    private readonly CpuThreads _threads = threads;

    public void BatchNormReluTrain(Matrix x, BatchNormVectors vectors, float momentum, Matrix y, Matrix saved) => throw new NotImplementedException(_threads.Count.ToString());

    public void BatchNormReluBackward(Matrix x, Matrix y, Matrix weight, Matrix saved, Matrix dy, Matrix dx, Matrix dWeight, Matrix dBias) => throw new NotImplementedException(_threads.Count.ToString());

    public void BatchNormReluInference(Matrix x, BatchNormVectors vectors, Matrix y) => throw new NotImplementedException(_threads.Count.ToString());

    public void L2NormaliseForward(Matrix x, Matrix y, Matrix norms) => throw new NotImplementedException(_threads.Count.ToString());

    public void L2NormaliseBackward(Matrix y, Matrix norms, Matrix dy, Matrix dx) => throw new NotImplementedException(_threads.Count.ToString());
}
