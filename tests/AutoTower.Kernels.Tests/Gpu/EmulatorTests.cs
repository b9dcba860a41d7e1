using AutoTower.Kernels.Launch;
using AutoTower.Kernels.Memory;

namespace AutoTower.Kernels.Tests.Gpu;

/// <summary>The emulator reports the faults of kernels that a GPU would hide, hang on, or end the process for.</summary>
public class EmulatorTests : GpuTest
{
    public EmulatorTests() => Assert.SkipUnless(IsEmulator, "this is about the CPU emulator");

    [Theory]
    [InlineData("if (threadIdx.x < 10)\n__syncthreads();",
        "thread 0 of block (0, 0, 0) waits for ever at test.cu(4) for the block's barrier: thread 10 has ended (54 of 64 threads have ended)")]
    [InlineData("if (threadIdx.x < 10)\n__syncthreads();\nelse\n__syncthreads();",
        "divergent barrier: thread 10 of block (0, 0, 0) waits at test.cu(6) while others of the block wait at test.cu(4)")]
    [InlineData("if (threadIdx.x % 32 > 0)\nx[0] = __shfl_sync(FULL_WARP, 1.0f, 0);",
        "waits for ever at test.cu(4) for __shfl_sync with mask ffffffff: thread 0 has ended")]
    [InlineData("if (threadIdx.x % 32 > 0)\n__syncwarp();\nelse\n__syncwarp();", "divergent warp: thread 31 of block (0, 0, 0) waits at test.cu(4) in __syncwarp")]
    [InlineData("if (threadIdx.x < 32)\n__syncthreads();\nelse\n__ballot_sync(1u, 1);", "test.cu(6): thread 33 of block (0, 0, 0) takes part in a vote whose mask 00000001 leaves it out")]
    public void Divergence_is_reported(string body, string report) => AssertReported("CUDA_ERROR_LAUNCH_FAILED", body, report);

    [Theory]
    [InlineData("x[threadIdx.x + 937] = 1;", "test.cu(3): thread 63 of block (0, 0, 0): access to ", ", 0 bytes behind the end of an allocation of 4000 bytes")]
    [InlineData("x[(int)threadIdx.x - 1025] = 1;", "test.cu(3): thread 0 of block (0, 0, 0): access to ", ", 4100 bytes before the start of an allocation of 4000 bytes")]
    [InlineData("x[n / (n - 64)] = 1;", "test.cu(3): thread 0 of block (0, 0, 0): integer division by zero", "")]
    [InlineData("DYNAMIC_SHARED(float, extra);\nextra[threadIdx.x + 1] = 1;", "test.cu(4): thread 63 of block (0, 0, 0): access behind the dynamic shared memory of 256 bytes", "")]
    [InlineData("float wide[45000]; for (int i = 0; i < 45000; i++) wide[i] = x[0] + i; x[0] = wide[n];",
        "the thread's local variables do not fit the emulator's stack of 131072 bytes", "")]
    public void Faults_name_line_and_thread(string body, string report, string more) => AssertReported("CUDA_ERROR_ILLEGAL_ADDRESS", body, report, more);

    [Fact]
    public void A_subscript_outside_shared_memory_names_its_line() => AssertReported("CUDA_ERROR_LAUNCH_FAILED",
        "__shared__ float tile[63];\ntile[threadIdx.x] = 1;\n__syncthreads();\nx[0] = tile[0];", "test.cu(4): an array index is out of bounds");

    [Fact]
    public void Memory_that_nobody_wrote_is_not_a_number()
    {
        using CudaModule module = Compile(Kernel("__shared__ float tile[64];\nDYNAMIC_SHARED(float, extra);\nx[threadIdx.x] = n == 0 ? tile[threadIdx.x] : extra[threadIdx.x];"),
            DialectGpuTests.CommonHeaders());
        using CudaDeviceVariable<float> device = Pool.Allocate<float>(1000, "never written");
        using CudaDeviceVariable<double> wide = Pool.Allocate<double>(10, "never written");
        Assert.All(Read(device), value => Assert.True(float.IsNaN(value)));
        Assert.All(Read(wide), value => Assert.True(double.IsNaN(value)));

        foreach (int n in (int[])[0, 64])
        {
            device.View.Clear(Stream);
            module.GetKernel("faulty").Launch(Stream, 2, 64, 256, new KernelArguments().Add(device).Add(n));
            Assert.All(Read(device)[..64], value => Assert.True(float.IsNaN(value)));
        }
    }

    [Fact]
    public void A_missing_barrier_shows_because_blocks_run_their_threads_in_both_orders()
    {
        using CudaModule module = Compile(
            Kernel("__shared__ float tile[64];\ntile[threadIdx.x] = 1;\nx[grid_thread()] = tile[max((int)threadIdx.x - 1, 0)];"), DialectGpuTests.CommonHeaders());
        using CudaDeviceVariable<float> device = Pool.Allocate<float>(128, "x");

        module.GetKernel("faulty").Launch(Stream, 2, 64, 0, new KernelArguments().Add(device).Add(64));

        float[] values = Read(device);
        Assert.All(values[..64], value => Assert.Equal(1, value));
        Assert.All(values[65..], value => Assert.True(float.IsNaN(value)));
    }

    [Fact]
    public void A_write_into_the_padding_of_an_allocation_shows_when_the_host_waits()
    {
        using CudaModule module = Compile(Kernel("x[n - 64 + 5] = 1;"), DialectGpuTests.CommonHeaders());
        CudaDeviceVariable<float> device = Pool.Allocate<float>(5, "five");
        module.GetKernel("faulty").Launch(Stream, 1, 64, 256, new KernelArguments().Add(device).Add(64));

        var exception = Assert.Throws<CudaException>(Stream.Synchronize);
        Assert.Contains("a kernel or copy wrote behind the end of an allocation of 20 bytes", exception.Message, StringComparison.Ordinal);
        device.Dispose();
        Assert.Throws<CudaException>(Stream.Synchronize);
        Stream.Synchronize();
    }

    [Fact]
    public void More_threads_than_the_launch_bounds_are_refused()
    {
        using CudaModule module = Compile(Kernel("x[0] = 1;"), DialectGpuTests.CommonHeaders());
        using CudaDeviceVariable<float> device = Pool.Allocate<float>(1000, "x");

        var exception = Assert.Throws<CudaException>(
            () => module.GetKernel("faulty").Launch(Stream, 1, 96, 0, new KernelArguments().Add(device).Add(64)));
        Assert.Contains("kernel faulty is launched with 96 threads a block, its __launch_bounds__ say 64", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "2 blocks wait for one another for ever, thread 0 of block (1, 0, 0) at test.cu(")]
    [InlineData(false, "thread 0 of block (0, 0, 0) waits for other blocks, but the launch is not cooperative")]
    public void Blocks_that_wait_for_others_in_vain_are_reported(bool cooperative, string report)
    {
        using CudaModule module = Compile(
            """
            #include "common/cuda.cuh"
            extern "C" __global__ void __launch_bounds__(64) patient(const volatile float* go) {
                while (threadIdx.x == 0 && *go == 0) wait_for_other_blocks();
                __syncthreads();
            }
            """,
            DialectGpuTests.CommonHeaders());
        using CudaDeviceVariable<float> zero = Pool.Allocate<float>(1, "zero");
        zero.View.Clear(Stream);
        nint argument = zero.Pointer;

        CudaKernel kernel = module.GetKernel("patient");
        var exception = Assert.Throws<CudaException>(() =>
        {
            if (cooperative)
            {
                kernel.LaunchCooperative(Stream, 2, 64, 0, in argument);
            }
            else
            {
                kernel.Launch(Stream, 2, 64, 0, in argument);
            }
        });
        Assert.Contains(report, exception.Message, StringComparison.Ordinal);
    }

    private static string Kernel(string body) => $$"""
        #include "common/cuda.cuh"
        extern "C" __global__ void __launch_bounds__(64) faulty(float* x, int n) {
        {{body}}
        }
        """;

    /// <summary>Runs a faulty body in 64 threads, expects the reports, and that the device works afterwards.</summary>
    private void AssertReported(string status, string body, params string[] reports)
    {
        using CudaModule module = Compile(Kernel(body), DialectGpuTests.CommonHeaders());
        using CudaModule sound = Compile(Kernel("__syncthreads();\nx[threadIdx.x] = __shfl_xor_sync(FULL_WARP, (float)threadIdx.x, 1);"),
            DialectGpuTests.CommonHeaders());
        using CudaDeviceVariable<float> device = Pool.Allocate<float>(1000, "x");

        var exception = Assert.Throws<CudaException>(
            () => module.GetKernel("faulty").Launch(Stream, 1, 64, 256, new KernelArguments().Add(device).Add(64)));
        Assert.Contains($"{status}, kernel faulty: ", exception.Message, StringComparison.Ordinal);
        Assert.All(reports, report => Assert.Contains(report, exception.Message, StringComparison.Ordinal));

        sound.GetKernel("faulty").Launch(Stream, 1, 64, 0, new KernelArguments().Add(device).Add(64));
        Assert.Equal(Enumerable.Range(0, 64).Select(t => (float)(t ^ 1)), Read(device)[..64]);
    }
}
