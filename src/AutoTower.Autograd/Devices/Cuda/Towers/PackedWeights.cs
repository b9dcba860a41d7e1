using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Parameters;
using AutoTower.Kernels.Launch;

namespace AutoTower.Autograd.Devices.Cuda.Towers;

/// <summary>
/// The weights of the towers at work as the tensor cores take them, made once a step (kernels/pack_weights.cu). What was packed holds for
/// one forward pass, since nobody tells when weights change, and for the backward pass of the same paths.
/// </summary>
internal sealed class PackedWeights(CudaEngine engine)
{
    private const int Threads = 256;
    private readonly CudaKernel _pack = engine.Kernel("pack_weights.cu", "pack_weights");
    private readonly Dictionary<nint, (nint Forward, nint Backward)> _packed = [];
    private readonly List<TowerPath> _paths = [];
    private bool _isFresh;

    /// <summary>Packs beside the device's stream what the next forward pass will need.</summary>
    public void Prepare(TowerPath[] paths)
    {
        engine.Beside(() => Pack(paths));
        _isFresh = true;
    }

    /// <summary>Makes sure that a forward pass over <paramref name="paths"/> finds their weights as they are now.</summary>
    public void BeginForward(ReadOnlySpan<TowerPath> paths)
    {
        if (!_isFresh || !Holds(paths))
        {
            Pack(paths);
        }

        _isFresh = false;
    }

    /// <summary>The same for a backward pass, before which weights have not changed since the forward pass.</summary>
    public void BeginBackward(ReadOnlySpan<TowerPath> paths)
    {
        if (!Holds(paths))
        {
            Pack(paths);
        }
    }

    /// <summary>The layer's weight for y = x wᵀ.</summary>
    public nint Forward(LinearLayer layer) => _packed[layer.Weight.Tensor.Value.Address].Forward;

    /// <summary>The layer's weight for dx = dy w.</summary>
    public nint Backward(LinearLayer layer) => _packed[layer.Weight.Tensor.Value.Address].Backward;

    private bool Holds(ReadOnlySpan<TowerPath> paths)
    {
        foreach (var path in paths)
        {
            if (!_paths.Contains(path))
            {
                return false;
            }
        }

        return true;
    }

    private void Pack(ReadOnlySpan<TowerPath> paths)
    {
        _packed.Clear();
        _paths.Clear();
        long bytes = 0;
        foreach (var path in paths)
        {
            _paths.Add(path);
            foreach (var layer in Layers(path))
            {
                bytes += 2 * Bytes(layer);
            }
        }

        var next = engine.Weights.Reserve(bytes);
        var tasks = default(PackTasks);
        var blocks = 0;
        foreach (var path in paths)
        {
            foreach (var layer in Layers(path))
            {
                var backward = next + (nint)Bytes(layer);
                blocks = tasks.Add(layer.Weight.Tensor.Value, next, backward, blocks);
                _packed[layer.Weight.Tensor.Value.Address] = (next, backward);
                next = backward + (nint)Bytes(layer);
            }
        }

        engine.LaunchBeside(_pack, blocks, Threads, 0, in tasks);
    }

    private static IEnumerable<LinearLayer> Layers(TowerPath path)
    {
        yield return path.Alignment;
        foreach (var block in path.Blocks)
        {
            if (block.First is { } first)
            {
                yield return first;
            }

            yield return block.Output;
        }
    }

    private static long Bytes(LinearLayer layer) => DeviceScratch.Align(PackTasks.Bytes(layer.Weight.Tensor.Value));
}
