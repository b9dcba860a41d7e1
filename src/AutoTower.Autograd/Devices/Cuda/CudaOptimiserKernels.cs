using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cuda;

internal sealed class CudaOptimiserKernels(CudaEngine engine) : IOptimiserKernels
{
    public void ClipAndUpdate(
        ParameterSlabs slabs, ReadOnlySpan<ParameterSegment> segments, AdamSettings settings, Matrix norm) => throw Missing();

    private NotImplementedException Missing() => new($"{engine.Context.Name}: the kernels of this family follow.");
}
