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

    /// <summary>Accumulates them, from what a backward pass left.</summary>
    public void Launch(ReadOnlySpan<TowerActivations> towers)
    {
        var tasks = default(WeightGradientTasks);
        for (var tower = 0; tower < towers.Length; tower++)
        {
            Add(ref tasks, towers[tower], tower);
        }

        var blocks = Schedule(ref tasks);
        _kernel.Launch(engine.Stream, blocks, Threads, 0, in tasks);
    }

    /// <summary>
    /// The same right behind the launch of the backward pass, which may still run: a tower's gradients start when its blocks of threads have
    /// ended, on the multiprocessors that the tower with less to do has left.
    /// </summary>
    /// <param name="towers">The towers.</param>
    /// <param name="done">For each tower what its backward pass sets at its end; zero again after this launch.</param>
    /// <param name="counter">Zero between launches.</param>
    public void LaunchBehind(ReadOnlySpan<TowerActivations> towers, ReadOnlySpan<nint> done, nint counter)
    {
        var tasks = new WeightGradientTasks { Counter = counter };
        var first = towers.Length > 1 && Work(towers[1].Path) < Work(towers[0].Path) ? 1 : 0;
        for (var i = 0; i < towers.Length; i++)
        {
            Add(ref tasks, towers[first ^ i], first ^ i);
        }

        for (var tower = 0; tower < 2; tower++)
        {
            tasks.Done[tower] = done[Math.Min(tower, towers.Length - 1)];
        }

        _kernel.Launch(engine.Stream, Schedule(ref tasks), Threads, 0, in tasks, dependent: true);
    }

    private int Schedule(ref WeightGradientTasks tasks) =>
        tasks.Schedule(ResidentBlocks * engine.Context.MultiprocessorCount, engine.Options.Deterministic);

    private static void Add(ref WeightGradientTasks tasks, TowerActivations tower, int index)
    {
        Add(ref tasks, tower.States.Gradient.SliceColumns(0, Width), tower.Input.Value, tower.Path.Alignment, 1, index);
        for (var stage = 0; stage < tower.Blocks.Length; stage++)
        {
            var block = tower.Path.Blocks[stage];
            var memory = tower.Blocks[stage];
            var inputs = tower.States.Value.SliceColumns(0, (stage + 1) * Width);
            Add(ref tasks, memory.OutputGradient, block.Kind == TowerBlockKind.SelfAttention ? memory.Second : memory.First, block.Output, 1, index);
            if (block.First is { } first)
            {
                Add(ref tasks, memory.FirstGradient, inputs, first, block.Kind == TowerBlockKind.SelfAttention ? stage + 1 : 1, index);
            }
        }
    }

    private static void Add(ref WeightGradientTasks tasks, Matrix left, Matrix right, LinearLayer layer, int tokens, int tower) =>
        tasks.Add(left, right, layer.Weight.Tensor.Gradient, layer.Bias!.Tensor.Gradient, tokens, tower);

    // Weights that an example is multiplied by, which says which tower is done first.
    private static long Work(TowerPath path)
    {
        var work = Size(path.Alignment);
        for (var stage = 0; stage < path.Blocks.Count; stage++)
        {
            var block = path.Blocks[stage];
            work += Size(block.Output) + (block.First is { } first ? Size(first) * (block.Kind == TowerBlockKind.SelfAttention ? stage + 1 : 1) : 0);
        }

        return work;
    }

    private static long Size(LinearLayer layer) => (long)layer.Weight.Rows * layer.Weight.Columns;
}
