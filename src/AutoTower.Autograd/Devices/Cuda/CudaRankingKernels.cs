using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cuda;

internal sealed class CudaRankingKernels(CudaEngine engine) : IRankingKernels
{
    public void TopK(Matrix queries, Matrix items, Exclusions exclusions, int k, IntegerArray indices, Matrix scores) => throw Missing();

    private NotImplementedException Missing() => new($"{engine.Context.Name}: the kernels of this family follow.");
}
