using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cuda;

internal sealed class CudaElementwiseKernels(CudaEngine engine) : IElementwiseKernels
{
    public void ReduceTokensForward(Reduction reduction, Matrix x, int tokens, Matrix y) => throw Missing();

    public void ReduceTokensBackward(Reduction reduction, Matrix x, int tokens, Matrix y, Matrix dy, Matrix dx) => throw Missing();

    public void ActivationForward(Activation activation, Matrix x, Matrix y) => throw Missing();

    public void ActivationBackward(Activation activation, Matrix y, Matrix dy, Matrix dx) => throw Missing();

    public void AddPositionForward(Matrix x, Matrix position, Matrix y) => throw Missing();

    public void AddPositionBackward(Matrix dy, Matrix dx, Matrix dPosition) => throw Missing();

    public void TokenMeansForward(Matrix x, int tokens, Matrix means) => throw Missing();

    public void TokenMeansBackward(Matrix dMeans, int tokens, Matrix dx) => throw Missing();

    public void ScaleTokensForward(Matrix x, Matrix scale, int tokens, Matrix y) => throw Missing();

    public void ScaleTokensBackward(Matrix x, Matrix scale, int tokens, Matrix dy, Matrix dx, Matrix dScale) => throw Missing();

    public void PairwiseProductsForward(Matrix x, int tokens, Matrix y) => throw Missing();

    public void PairwiseProductsBackward(Matrix x, int tokens, Matrix dy, Matrix dx) => throw Missing();

    public void CopyForward(Matrix x, Matrix y) => throw Missing();

    public void Accumulate(Matrix dy, Matrix dx) => throw Missing();

    private NotImplementedException Missing() => new($"{engine.Context.Name}: the kernels of this family follow.");
}
