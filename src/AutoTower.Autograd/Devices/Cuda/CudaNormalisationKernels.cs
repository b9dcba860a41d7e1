using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cuda;

internal sealed class CudaNormalisationKernels(CudaEngine engine) : INormalisationKernels
{
    public void BatchNormReluTrain(Matrix x, BatchNormVectors vectors, float momentum, Matrix y, Matrix saved) => throw Missing();

    public void BatchNormReluBackward(
        Matrix x, Matrix y, Matrix weight, Matrix saved, Matrix dy, Matrix dx, Matrix dWeight, Matrix dBias) => throw Missing();

    public void BatchNormReluInference(Matrix x, BatchNormVectors vectors, Matrix y) => throw Missing();

    public void L2NormaliseForward(Matrix x, Matrix y, Matrix norms) => throw Missing();

    public void L2NormaliseBackward(Matrix y, Matrix norms, Matrix dy, Matrix dx) => throw Missing();

    private NotImplementedException Missing() => new($"{engine.Context.Name}: the kernels of this family follow.");
}
