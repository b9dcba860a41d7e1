using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cuda;

internal sealed class CudaLossKernels(CudaEngine engine) : ILossKernels
{
    public void UpdateItemFrequencies(
        ItemFrequencies frequencies, IntegerArray items, IntegerArray clock, Matrix logProbability) => throw Missing();

    public void BatchSoftmaxForward(
        Matrix users, Matrix items, Matrix logProbability, Matrix rewards, float temperature, Matrix probabilities, Matrix loss) => throw Missing();

    public void BatchSoftmaxBackward(
        Matrix users, Matrix items, Matrix rewards, float temperature, Matrix probabilities, Matrix dUsers, Matrix dItems) => throw Missing();

    public void FrobeniusForward(Matrix x, float coefficient, Matrix norm, Matrix loss) => throw Missing();

    public void FrobeniusBackward(Matrix x, float coefficient, Matrix norm, Matrix dx) => throw Missing();

    private NotImplementedException Missing() => new($"{engine.Context.Name}: the kernels of this family follow.");
}
