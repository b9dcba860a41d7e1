using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cuda;

internal sealed class CudaPoolingKernels(CudaEngine engine) : IPoolingKernels
{
    public void SumForward(Matrix x, IntegerArray lengths, bool average, Matrix y) => throw Missing();

    public void SumBackward(Matrix dy, IntegerArray lengths, bool average, Matrix dx) => throw Missing();

    public void SelfAttentiveForward(
        Matrix hidden, Matrix w2, Matrix x, IntegerArray lengths, Matrix weights, Matrix y) => throw Missing();

    public void SelfAttentiveBackward(
        Matrix t, Matrix w2, Matrix x, IntegerArray lengths, Matrix weights, Matrix dy, Matrix dHidden, Matrix dW2, Matrix dx) => throw Missing();

    public void SelfAttentionForward(
        Matrix queryKey, Matrix x, IntegerArray lengths, Dropout dropout, Matrix weights, Matrix columnMeans, Matrix pooled, Matrix mass) => throw Missing();

    public void SelfAttentionBackward(
        Matrix queryKey, Matrix x, IntegerArray lengths, Dropout dropout, Matrix weights, Matrix columnMeans, Matrix dPooled, Matrix dMass, Matrix dQueryKey, Matrix dx) => throw Missing();

    public void NonEmpty(IntegerArray lengths, Matrix y) => throw Missing();

    private NotImplementedException Missing() => new($"{engine.Context.Name}: the kernels of this family follow.");
}
