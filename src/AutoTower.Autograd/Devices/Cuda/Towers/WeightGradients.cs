using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Parameters;
using AutoTower.Kernels.Launch;

namespace AutoTower.Autograd.Devices.Cuda.Towers;

/// <summary>The weight gradients of both towers in one launch (kernels/weight_gradients.cu).</summary>
internal sealed class WeightGradients(CudaEngine engine)
{
    private const int Threads = 256;
    private const int Width = 64;
    private const int ResidentBlocks = 2; // of a multiprocessor, as the kernel's __launch_bounds__ ask
    private readonly CudaKernel _kernel = engine.Kernel(
        "weight_gradients.cu", engine.Options.Precision == Precision.Tf32 ? "weight_gradients_tf32" : "weight_gradients_exact");

    /// <summary>Accumulates them, from what a backward pass left, beside the device's stream.</summary>
    public void Launch(ReadOnlySpan<TowerActivations> towers)
    {
        var tasks = default(WeightGradientTasks);
        foreach (var tower in towers)
        {
            Add(ref tasks, tower.States.Gradient.SliceColumns(0, Width), tower.Input.Value, tower.Path.Alignment, 1);
            for (var stage = 0; stage < tower.Blocks.Length; stage++)
            {
                var block = tower.Path.Blocks[stage];
                var memory = tower.Blocks[stage];
                var inputs = tower.States.Value.SliceColumns(0, (stage + 1) * Width);
                Add(ref tasks, memory.OutputGradient, block.Kind == TowerBlockKind.SelfAttention ? memory.Second : memory.First, block.Output, 1);
                if (block.First is { } first)
                {
                    Add(ref tasks, memory.FirstGradient, inputs, first, block.Kind == TowerBlockKind.SelfAttention ? stage + 1 : 1);
                }
            }
        }

        var blocks = tasks.Schedule(ResidentBlocks * engine.Context.MultiprocessorCount, engine.Options.Deterministic);
        // Nothing but the optimiser waits for them, so they run beside the rest of the backward pass.
        engine.Beside(() => _kernel.Launch(engine.Stream, blocks, Threads, 0, in tasks));
    }

    private static void Add(ref WeightGradientTasks tasks, Matrix left, Matrix right, LinearLayer layer, int tokens) =>
        tasks.Add(left, right, layer.Weight.Tensor.Gradient, layer.Bias!.Tensor.Gradient, tokens);
}
