using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cuda;

internal sealed class CudaDenseKernels(CudaEngine engine) : IDenseKernels
{
    public void LinearForward(Matrix x, Matrix weight, Matrix bias, Matrix y, int tokens = 1) => throw Missing();

    public void LinearBackwardInput(Matrix dy, Matrix weight, Matrix dx, int tokens = 1) => throw Missing();

    public void LinearBackwardWeight(Matrix dy, Matrix x, Matrix dWeight, Matrix dBias, int tokens = 1) => throw Missing();

    public void ScaledBiasForward(Matrix y, Matrix scale, Matrix bias) => throw Missing();

    public void ScaledBiasBackward(Matrix dy, Matrix scale, Matrix bias, Matrix dScale, Matrix dBias) => throw Missing();

    private NotImplementedException Missing() => new($"{engine.Context.Name}: the kernels of this family follow.");
}
