using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Kernels.Launch;

namespace AutoTower.Autograd.Devices.Cuda;

internal sealed class CudaSequenceKernels(CudaEngine engine) : ISequenceKernels
{
    private const int Block = 128;
    private const int WarpBlock = 256;
    private const int WarpsABlock = WarpBlock / CudaEngine.Warp;

    private readonly CudaKernel _attention = engine.Kernel("sequence_attention.cu", "sequence_attention_forward");
    private readonly CudaKernel _attentionBackward = engine.Kernel("sequence_attention.cu", "sequence_attention_backward");
    private readonly CudaKernel _routing = engine.Kernel("capsule_routing.cu", "capsule_routing_forward");
    private readonly CudaKernel _routingBackward = engine.Kernel("capsule_routing.cu", "capsule_routing_backward");
    private readonly CudaKernel _label = engine.Kernel("label_attention.cu", "label_attention_forward");
    private readonly CudaKernel _labelBackward = engine.Kernel("label_attention.cu", "label_attention_backward");

    public void AttentionForward(Matrix projected, IntegerArray lengths, int heads, Matrix z, Matrix weights)
    {
        var length = Require(projected, lengths, heads, z, weights);
        engine.Launch(
            _attention, lengths.Length * heads, Block, SharedBytes(length * length, "attention"), projected, lengths, heads, z, weights);
    }

    public void AttentionBackward(Matrix projected, IntegerArray lengths, int heads, Matrix weights, Matrix dz, Matrix dProjected)
    {
        var length = Require(projected, lengths, heads, dz, weights);
        Shape.Require(dProjected, projected.Rows, projected.Columns);
        engine.Launch(
            _attentionBackward, lengths.Length * heads, Block, SharedBytes(length * length, "attention"), projected, lengths, heads, weights, dz,
            dProjected);
    }

    public void RoutingForward(Matrix x, IntegerArray lengths, Matrix initial, int iterations, Matrix weights, Matrix sums, Matrix capsules)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(iterations);
        var (interests, length) = (initial.Rows, initial.Columns);
        Shape.Require(x, lengths.Length * length, x.Columns);
        Shape.Require(weights, lengths.Length, interests * length);
        Shape.Require(sums, lengths.Length * interests, x.Columns);
        Shape.Require(capsules, lengths.Length * interests, x.Columns);
        engine.Launch(
            _routing, lengths.Length, Block, SharedBytes(interests * (length + x.Columns), "routing"), x, lengths, initial, iterations, weights,
            sums, capsules);
    }

    public void RoutingBackward(Matrix sums, IntegerArray lengths, Matrix weights, Matrix dCapsules, Matrix dx)
    {
        var interests = sums.Rows / lengths.Length;
        Shape.Require(weights, lengths.Length, interests * (dx.Rows / lengths.Length));
        Shape.Require(dCapsules, sums.Rows, sums.Columns);
        Shape.Require(dx, dx.Rows, sums.Columns);
        engine.Launch(
            _routingBackward, lengths.Length, Block, SharedBytes(interests * sums.Columns, "routing"), sums, lengths, weights, dCapsules, dx);
    }

    public void LabelAttentionForward(Matrix users, Matrix items, float scale, Matrix weights, Matrix y)
    {
        Shape.Require(users, items.Rows, weights.Columns * items.Columns);
        Shape.Require(weights, items.Rows, weights.Columns);
        Shape.Require(y, items.Rows, items.Columns);
        engine.Launch(_label, Dim3.Cover(items.Rows, WarpsABlock), WarpBlock, 0, users, items, scale, weights, y);
    }

    public void LabelAttentionBackward(Matrix users, Matrix items, float scale, Matrix weights, Matrix dy, Matrix dUsers, Matrix dItems)
    {
        Shape.Require(users, items.Rows, weights.Columns * items.Columns);
        Shape.Require(dy, items.Rows, items.Columns);
        Shape.Require(dUsers, users.Rows, users.Columns);
        Shape.Require(dItems, items.Rows, items.Columns);
        engine.Launch(_labelBackward, Dim3.Cover(items.Rows, WarpsABlock), WarpBlock, 0, users, items, scale, weights, dy, dUsers, dItems);
    }

    // Returns L.
    private static int Require(Matrix projected, IntegerArray lengths, int heads, Matrix z, Matrix weights)
    {
        var length = z.Rows / lengths.Length;
        Shape.Require(z, lengths.Length * length, projected.Columns / 3);
        Shape.Require(projected, z.Rows, 3 * z.Columns);
        Shape.Require(weights, lengths.Length, heads * length * length);
        return z.Columns % heads == 0 ? length : throw new ArgumentException($"{z.Columns} columns can't be split into {heads} heads.", nameof(heads));
    }

    private int SharedBytes(int elements, string what)
    {
        var bytes = elements * sizeof(float);
        return bytes <= engine.Context.SharedMemoryPerBlock
            ? bytes
            : throw new ArgumentException(
                $"The {what} of a history needs {bytes} bytes of shared memory; the GPU has {engine.Context.SharedMemoryPerBlock}. Shorter histories need less.");
    }
}
