using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Kernels.Launch;

namespace AutoTower.Autograd.Devices.Cuda;

internal sealed class CudaAttentionKernels(CudaEngine engine) : IAttentionKernels
{
    private const int ForwardBlock = 256;
    private const int BackwardBlock = 128;

    private readonly CudaKernel _forward = engine.Kernel("token_attention.cu", "token_attention_forward");
    private readonly CudaKernel _backward = engine.Kernel("token_attention.cu", "token_attention_backward");

    public void Forward(Matrix projected, int tokens, int heads, Matrix z, Matrix weights)
    {
        Shape.Require(projected, z.Rows, 4 * z.Columns);
        Shape.Require(weights, z.Rows, heads * tokens * tokens);
        RequireHeads(z, tokens, heads);
        engine.Launch(_forward, engine.BlocksOfPacks(z, ForwardBlock), ForwardBlock, 0, projected, tokens, heads, z, weights);
    }

    public void Backward(Matrix projected, int tokens, int heads, Matrix weights, Matrix dz, Matrix dProjected)
    {
        Shape.Require(projected, dz.Rows, 4 * dz.Columns);
        Shape.Require(dProjected, projected.Rows, projected.Columns);
        Shape.Require(weights, dz.Rows, heads * tokens * tokens);
        RequireHeads(dz, tokens, heads);
        var bytes = heads * tokens * tokens * sizeof(float);
        if (bytes > engine.Context.SharedMemoryPerBlock)
        {
            throw new ArgumentException(
                $"Attention of {heads} heads over {tokens} tokens needs {bytes} bytes of shared memory; the GPU has {engine.Context.SharedMemoryPerBlock}.",
                nameof(tokens));
        }

        // As many examples a block as give each thread a row of scores.
        var examples = Math.Clamp(BackwardBlock / (heads * tokens), 1, engine.Context.SharedMemoryPerBlock / bytes);
        engine.Launch(
            _backward, Dim3.Cover(dz.Rows, examples), BackwardBlock, examples * bytes, projected, tokens, heads, weights, dz, dProjected, examples);
    }

    private static void RequireHeads(Matrix z, int tokens, int heads)
    {
        if (z.Columns % (tokens * heads) != 0)
        {
            throw new ArgumentException($"{z.Columns} columns can't be split into {tokens} tokens of {heads} heads.", nameof(heads));
        }
    }
}
