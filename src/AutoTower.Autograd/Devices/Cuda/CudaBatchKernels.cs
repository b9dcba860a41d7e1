using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cuda;

internal sealed class CudaBatchKernels(CudaEngine engine) : IBatchKernels
{
    public void AssembleShuffled(
        InteractionTable table, IntegerArray pool, ulong seed, IntegerArray clock, BatchArrays batch) => throw Missing();

    public void Assemble(InteractionTable table, IntegerArray interactions, BatchArrays batch) => throw Missing();

    public void Advance(IntegerArray clock) => throw Missing();

    private NotImplementedException Missing() => new($"{engine.Context.Name}: the kernels of this family follow.");
}
