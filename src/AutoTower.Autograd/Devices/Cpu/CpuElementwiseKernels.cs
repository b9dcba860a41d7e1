using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

internal sealed class CpuElementwiseKernels(CpuThreads threads) : IElementwiseKernels
{
    private readonly CpuThreads _threads = threads;

    public void ReduceTokensForward(Reduction reduction, Matrix x, int tokens, Matrix y) => throw new NotImplementedException(_threads.Count.ToString());

    public void ReduceTokensBackward(Reduction reduction, Matrix x, int tokens, Matrix y, Matrix dy, Matrix dx) => throw new NotImplementedException(_threads.Count.ToString());

    public void ActivationForward(Activation activation, Matrix x, Matrix y) => throw new NotImplementedException(_threads.Count.ToString());

    public void ActivationBackward(Activation activation, Matrix y, Matrix dy, Matrix dx) => throw new NotImplementedException(_threads.Count.ToString());

    public void AddPositionForward(Matrix x, Matrix position, Matrix y) => throw new NotImplementedException(_threads.Count.ToString());

    public void AddPositionBackward(Matrix dy, Matrix dx, Matrix dPosition) => throw new NotImplementedException(_threads.Count.ToString());

    public void TokenMeansForward(Matrix x, int tokens, Matrix means) => throw new NotImplementedException(_threads.Count.ToString());

    public void TokenMeansBackward(Matrix dMeans, int tokens, Matrix dx) => throw new NotImplementedException(_threads.Count.ToString());

    public void ScaleTokensForward(Matrix x, Matrix scale, int tokens, Matrix y) => throw new NotImplementedException(_threads.Count.ToString());

    public void ScaleTokensBackward(Matrix x, Matrix scale, int tokens, Matrix dy, Matrix dx, Matrix dScale) => throw new NotImplementedException(_threads.Count.ToString());

    public void PairwiseProductsForward(Matrix x, int tokens, Matrix y) => throw new NotImplementedException(_threads.Count.ToString());

    public void PairwiseProductsBackward(Matrix x, int tokens, Matrix dy, Matrix dx) => throw new NotImplementedException(_threads.Count.ToString());

    public void CopyForward(Matrix x, Matrix y) => throw new NotImplementedException(_threads.Count.ToString());

    public void Accumulate(Matrix dy, Matrix dx) => throw new NotImplementedException(_threads.Count.ToString());
}
