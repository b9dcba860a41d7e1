using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cuda;

internal sealed class CudaRankingKernels(CudaEngine engine) : IRankingKernels
{
    public PreparedItems Prepare(ItemTable items) => throw Missing();

    public void TopK(Matrix queries, PreparedItems items, Exclusions exclusions, int k, IntegerArray indices, Matrix scores) => throw Missing();

    private NotImplementedException Missing() => new($"{engine.Context.Name}: the kernels of this family follow.");
}
