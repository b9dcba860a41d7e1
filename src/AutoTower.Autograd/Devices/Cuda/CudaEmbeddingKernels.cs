using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cuda;

internal sealed class CudaEmbeddingKernels(CudaEngine engine) : IEmbeddingKernels
{
    public void GatherForward(IntegerArray ids, ReadOnlySpan<FieldLookup> fields, Matrix y) => throw Missing();

    public void GatherBackward(IntegerArray ids, ReadOnlySpan<FieldLookup> fields, Matrix dy) => throw Missing();

    private NotImplementedException Missing() => new($"{engine.Context.Name}: the kernels of this family follow.");
}
