using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cuda;

internal sealed class CudaAttentionKernels(CudaEngine engine) : IAttentionKernels
{
    public void Forward(Matrix projected, int tokens, int heads, Matrix z, Matrix weights) => throw Missing();

    public void Backward(Matrix projected, int tokens, int heads, Matrix weights, Matrix dz, Matrix dProjected) => throw Missing();

    private NotImplementedException Missing() => new($"{engine.Context.Name}: the kernels of this family follow.");
}
