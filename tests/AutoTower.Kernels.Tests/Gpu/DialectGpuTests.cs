using System.Reflection;
using AutoTower.Kernels.Launch;
using AutoTower.Kernels.Memory;

namespace AutoTower.Kernels.Tests.Gpu;

/// <summary>What kernels/common gives to every kernel, on whatever device there is.</summary>
public class DialectGpuTests : GpuTest
{
    private const int Threads = 96;

    /// <summary>The headers of kernels/common under the names by which kernels include them.</summary>
    internal static (string Name, string Text)[] CommonHeaders()
    {
        Assembly assembly = typeof(CudaContext).Assembly;
        return [.. assembly.GetManifestResourceNames().Where(name => name.EndsWith(".cuh", StringComparison.Ordinal)).Select(name =>
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            return (name["kernels/".Length..], reader.ReadToEnd());
        })];
    }

    [Fact]
    public void Shuffles_move_values_between_lanes()
    {
        const string Source = """
            #include "common/cuda.cuh"
            extern "C" __global__ void __launch_bounds__(96) shuffles(float* index, int* up, unsigned* down, double* exchanged, long long* segment) {
                int t = threadIdx.x;
                index[t] = __shfl_sync(FULL_WARP, t + 0.5f, 31 - lane_index());
                up[t] = __shfl_up_sync(FULL_WARP, t, 3);
                down[t] = __shfl_down_sync(FULL_WARP, (unsigned)t, 5);
                exchanged[t] = __shfl_xor_sync(FULL_WARP, t * 1e10, 7);
                segment[t] = __shfl_xor_sync(FULL_WARP, t * 10000000000LL, 3, 4);
            }
            """;
        using CudaModule module = Compile(Source, CommonHeaders());
        using CudaDeviceVariable<float> index = Pool.Allocate<float>(Threads, "index");
        using CudaDeviceVariable<int> up = Pool.Allocate<int>(Threads, "up");
        using CudaDeviceVariable<uint> down = Pool.Allocate<uint>(Threads, "down");
        using CudaDeviceVariable<double> exchanged = Pool.Allocate<double>(Threads, "exchanged");
        using CudaDeviceVariable<long> segment = Pool.Allocate<long>(Threads, "segment");

        module.GetKernel("shuffles").Launch(Stream, 1, Threads, 0,
            new KernelArguments().Add(index).Add(up).Add(down).Add(exchanged).Add(segment));

        int[] threads = [.. Enumerable.Range(0, Threads)];
        Assert.Equal(threads.Select(t => (t / 32 * 32) + 31 - (t % 32) + 0.5f), Read(index));
        Assert.Equal(threads.Select(t => t % 32 < 3 ? t : t - 3), Read(up));
        Assert.Equal(threads.Select(t => (uint)(t % 32 > 26 ? t : t + 5)), Read(down));
        Assert.Equal(threads.Select(t => (t ^ 7) * 1e10), Read(exchanged));
        Assert.Equal(threads.Select(t => (t ^ 3) * 10000000000L), Read(segment));
    }

    [Fact]
    public void Votes_and_barriers_see_all_threads()
    {
        const string Source = """
            #include "common/cuda.cuh"
            extern "C" __global__ void __launch_bounds__(96) votes(unsigned* ballot, int* counts) {
                int t = threadIdx.x;
                ballot[t] = __ballot_sync(FULL_WARP, t % 3 == 0);
                int any = __any_sync(FULL_WARP, t == 40), all = __all_sync(FULL_WARP, t < 64);
                counts[t] = (any != 0) + 10 * (all != 0) + 100 * __syncthreads_count(t < 70) + 100000 * (__syncthreads_or(t == 95) != 0)
                    + 1000000 * (__syncthreads_and(t != 95) != 0);
            }
            """;
        using CudaModule module = Compile(Source, CommonHeaders());
        using CudaDeviceVariable<uint> ballot = Pool.Allocate<uint>(Threads, "ballot");
        using CudaDeviceVariable<int> counts = Pool.Allocate<int>(Threads, "counts");

        module.GetKernel("votes").Launch(Stream, 1, Threads, 0, new KernelArguments().Add(ballot).Add(counts));

        int[] threads = [.. Enumerable.Range(0, Threads)];
        Assert.Equal(threads.Select(t => (uint)Enumerable.Range(0, 32).Sum(lane => (((t / 32 * 32) + lane) % 3 == 0 ? 1L : 0L) << lane)), Read(ballot));
        Assert.Equal(threads.Select(t => (t / 32 == 1 ? 1 : 0) + (t < 64 ? 10 : 0) + 7000 + 100000), Read(counts));
    }

    [Fact]
    public void Block_reductions_reach_every_thread()
    {
        const string Source = """
            #include "common/reduce.cuh"
            extern "C" __global__ void __launch_bounds__(96) reductions(const float* input, float* sum, float* maximum, double* wide) {
                float value = input[grid_thread()];
                sum[grid_thread()] = block_sum<96>(value);
                maximum[grid_thread()] = block_max<96>(value);
                wide[grid_thread()] = block_sum<96>((double)value);
            }
            """;
        const int Blocks = 3;
        using CudaModule module = Compile(Source, CommonHeaders());
        var random = new Random(1);
        float[] values = [.. Enumerable.Range(0, Blocks * Threads).Select(_ => random.NextSingle() - 2)];
        using CudaDeviceVariable<float> input = Upload(values);
        using CudaDeviceVariable<float> sum = Pool.Allocate<float>(values.Length, "sum"), maximum = Pool.Allocate<float>(values.Length, "maximum");
        using CudaDeviceVariable<double> wide = Pool.Allocate<double>(values.Length, "wide");

        module.GetKernel("reductions").Launch(Stream, Blocks, Threads, 0, new KernelArguments().Add(input).Add(sum).Add(maximum).Add(wide));

        float[] sums = Read(sum), maxima = Read(maximum);
        double[] wideSums = Read(wide);
        for (int i = 0; i < values.Length; i++)
        {
            float[] block = values[(i / Threads * Threads)..((i / Threads * Threads) + Threads)];
            // 96 values around -1.5 in 32 bits: each of the 8 roundings on a value's way moves the sum by at most 2^-24 of 144.
            Assert.Equal(block.Sum(value => (double)value), sums[i], 1e-4);
            Assert.Equal(block.Sum(value => (double)value), wideSums[i], 1e-12);
            Assert.Equal(block.Max(), maxima[i]);
            Assert.Equal(sums[i / Threads * Threads], sums[i]);
        }
    }

    [Fact]
    public void Philox_gives_the_published_words_and_the_shuffled_order_is_a_permutation()
    {
        const string Source = """
            #include "common/random.cuh"
            extern "C" __global__ void __launch_bounds__(96) words(uint4* output) {
                if (threadIdx.x == 0) output[0] = philox(0, 0, 0, 0, 0);
                if (threadIdx.x == 1) output[1] = philox(0xffffffffffffffffull, ~0u, ~0u, ~0u, ~0u);
                if (threadIdx.x == 2) output[2] = philox(0x299f31d0a4093822ull, 0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u);
            }
            extern "C" __global__ void __launch_bounds__(96) order(int* output, int count) {
                for (int i = threadIdx.x; i < count; i += 96) output[i] = shuffled(i, count, 12345, 6);
            }
            extern "C" __global__ void __launch_bounds__(96) uniforms(float* output) {
                if (threadIdx.x == 0) { output[0] = to_uniform(0); output[1] = to_uniform(0xffffffffu); output[2] = to_uniform(0x80000000u); }
            }
            """;
        const int Count = 1000;
        using CudaModule module = Compile(Source, CommonHeaders());
        using CudaDeviceVariable<uint> words = Pool.Allocate<uint>(12, "words");
        using CudaDeviceVariable<int> order = Pool.Allocate<int>(Count, "order");
        using CudaDeviceVariable<float> uniforms = Pool.Allocate<float>(3, "uniforms");

        module.GetKernel("words").Launch(Stream, 1, Threads, 0, new KernelArguments().Add(words));
        module.GetKernel("order").Launch(Stream, 1, Threads, 0, new KernelArguments().Add(order).Add(Count));
        module.GetKernel("uniforms").Launch(Stream, 1, Threads, 0, new KernelArguments().Add(uniforms));

        // The known answers that Random123 ships for philox4x32-10.
        Assert.Equal(
            [
                0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu,
                0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u,
            ],
            Read(words));
        int[] shuffled = Read(order);
        Assert.Equal(Enumerable.Range(0, Count), shuffled.Order());
        Assert.NotEqual(Enumerable.Range(0, Count), shuffled);
        Assert.Equal([0, 1 - (1f / 16777216), 0.5f], Read(uniforms));
    }

    [Fact]
    public void Atomics_lose_nothing()
    {
        const string Source = """
            #include "common/cuda.cuh"
            extern "C" __global__ void __launch_bounds__(96) atomics(int* sum, float* sum_float, double* sum_double, unsigned long long* sum_wide,
                int* extremes, unsigned* slot) {
                int t = (int)grid_thread();
                atomicAdd(sum, t); atomicAdd(sum_float, 0.5f); atomicAdd(sum_double, 0.25); atomicAdd(sum_wide, 1ull << 33);
                atomicMax(&extremes[0], t); atomicMin(&extremes[1], -t);
                atomicCAS(slot, 0u, 7u);
            }
            """;
        const int Blocks = 7, All = Blocks * Threads;
        using CudaModule module = Compile(Source, CommonHeaders());
        using CudaDeviceVariable<int> sum = Upload([0]), extremes = Upload([0, 0]);
        using CudaDeviceVariable<float> sumFloat = Upload([0f]);
        using CudaDeviceVariable<double> sumDouble = Upload([0.0]);
        using CudaDeviceVariable<ulong> sumWide = Upload([0UL]);
        using CudaDeviceVariable<uint> slot = Upload([0u]);

        module.GetKernel("atomics").Launch(Stream, Blocks, Threads, 0,
            new KernelArguments().Add(sum).Add(sumFloat).Add(sumDouble).Add(sumWide).Add(extremes).Add(slot));

        Assert.Equal([All * (All - 1) / 2], Read(sum));
        Assert.Equal([All * 0.5f], Read(sumFloat));
        Assert.Equal([All * 0.25], Read(sumDouble));
        Assert.Equal([(ulong)All << 33], Read(sumWide));
        Assert.Equal([All - 1, 1 - All], Read(extremes));
        Assert.Equal([7u], Read(slot));
    }
}
