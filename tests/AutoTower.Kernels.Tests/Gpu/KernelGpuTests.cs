using System.Runtime.InteropServices;
using AutoTower.Kernels.Compilation;
using AutoTower.Kernels.Launch;
using AutoTower.Kernels.Memory;
using AutoTower.Kernels.Streams;

namespace AutoTower.Kernels.Tests.Gpu;

public class KernelGpuTests : GpuTest
{
    private const string Scale = """
        #include "common/index.cuh"
        extern "C" __global__ void scale(const float* input, float* output, float factor, long long count) {
            long long i = thread_index();
            if (i < count) output[i] = factor * input[i];
        }
        """;

    private const string Index = """
        #pragma once
        __device__ inline long long thread_index() { return (long long)blockIdx.x * blockDim.x + threadIdx.x; }
        """;

    [Fact]
    public void A_compiled_kernel_runs()
    {
        using CudaModule module = Compile(Scale, ("common/index.cuh", Index));
        CudaKernel kernel = module.GetKernel("scale");
        float[] values = [.. Enumerable.Range(0, 10_001).Select(i => (float)i)];
        using CudaDeviceVariable<float> input = Upload(values);
        using CudaDeviceVariable<float> output = Pool.Allocate<float>(values.Length, "output");

        kernel.Launch(Stream, Dim3.Cover(values.Length, 256), 256, 0, new KernelArguments().Add(input).Add(output).Add(2f).Add((long)values.Length));

        Assert.Equal(values.Select(value => 2 * value), Read(output));
        Assert.Same(kernel, module.GetKernel("scale"));
        Assert.InRange(kernel.RegistersPerThread, 1, 255);
        Assert.InRange(kernel.MaxThreadsPerBlock, 256, 1024);
        Assert.InRange(kernel.MaxActiveBlocksPerMultiprocessor(256), 1, 64);
        Assert.Equal((0, 0), (kernel.StaticSharedBytes, kernel.LocalBytesPerThread));
    }

    [Fact]
    public void Mixed_arguments_and_structs_arrive_unchanged()
    {
        using CudaModule module = Compile("""
            struct Shape { int rows; long long columns; };
            extern "C" __global__ void report(double* output, char a, int b, float c, Shape d, unsigned short e, unsigned long long f) {
                output[0] = a; output[1] = b; output[2] = c; output[3] = d.rows; output[4] = (double)d.columns; output[5] = e; output[6] = (double)f;
            }
            """);
        using CudaDeviceVariable<double> output = Pool.Allocate<double>(7, "output");

        module.GetKernel("report").Launch(Stream, 1, 1, 0, new KernelArguments().Add(output).Add((sbyte)-3).Add(-70_000).Add(0.25f)
            .Add(new Shape { Rows = 11, Columns = 1L << 40 }).Add((ushort)65_000).Add(1UL << 50));

        Assert.Equal([-3, -70_000, 0.25, 11, 1L << 40, 65_000, 1L << 50], Read(output));
    }

    [Fact]
    public void A_wrong_argument_list_is_refused_before_the_launch()
    {
        Assert.SkipUnless(string.CompareOrdinal(Context.DriverVersion, "12.4") >= 0, "the driver does not state parameter sizes before CUDA 12.4");
        using CudaModule module = Compile(Scale, ("common/index.cuh", Index));
        CudaKernel kernel = module.GetKernel("scale");

        var tooFew = Assert.Throws<ArgumentException>(() => kernel.Launch(Stream, 1, 1, 0, new KernelArguments().Add((nint)0)));
        var wrongSize = Assert.Throws<ArgumentException>(
            () => kernel.Launch(Stream, 1, 1, 0, new KernelArguments().Add((nint)0).Add((nint)0).Add(2f).Add(5)));

        Assert.StartsWith("Kernel scale takes 4 arguments, 1 were given.", tooFew.Message, StringComparison.Ordinal);
        Assert.StartsWith("Argument 4 of kernel scale has 8 bytes, a value of 4 bytes was given.", wrongSize.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_impossible_launch_names_kernel_grid_block_and_shared_bytes()
    {
        using CudaModule module = Compile("""extern "C" __global__ void nothing() {}""");

        var exception = Assert.Throws<CudaException>(() => module.GetKernel("nothing").Launch(Stream, 3, 2048, 16, new KernelArguments()));

        Assert.StartsWith("cuLaunchKernel failed (kernel nothing, grid (3, 1, 1), block (2048, 1, 1), 16 shared bytes): CUDA_ERROR_INVALID_VALUE, ",
            exception.Message, StringComparison.Ordinal);
        Stream.Synchronize();
    }

    [Fact]
    public void A_compile_error_shows_file_line_and_log()
    {
        var exception = Assert.Throws<NvrtcException>(() => Compile("extern \"C\" __global__ void broken() {\n    missing = 1;\n}"));

        Assert.StartsWith($"test.cu does not compile for {Context.ComputeCapability.Architecture}: 1 error, first at test.cu(2): ",
            exception.Message, StringComparison.Ordinal);
        Assert.Contains("missing", exception.Log, StringComparison.Ordinal);
        Assert.Equal(("test.cu", 2, true), (exception.Diagnostics[0].File, exception.Diagnostics[0].Line, exception.Diagnostics[0].IsError));
    }

    [Fact]
    public void A_missing_kernel_and_a_damaged_binary_are_named()
    {
        using CudaModule module = Compile("""extern "C" __global__ void nothing() {}""");

        Assert.StartsWith("cuModuleGetFunction failed (kernel other in test.cu): CUDA_ERROR_NOT_FOUND, ",
            Assert.Throws<CudaException>(() => module.GetKernel("other")).Message, StringComparison.Ordinal);
        Assert.StartsWith("cuModuleLoadDataEx failed (damaged.cu", Assert.Throws<CudaException>(
            () => new CudaModule(Context, new byte[4096], "damaged.cu")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dynamic_shared_memory_beyond_the_default_works_once_allowed()
    {
        using CudaModule module = Compile("""
            extern "C" __global__ void last(float* output, int count) {
                extern __shared__ float values[];
                for (int i = threadIdx.x; i < count; i += blockDim.x) values[i] = i;
                __syncthreads();
                if (threadIdx.x == 0) *output = values[count - 1];
            }
            """);
        CudaKernel kernel = module.GetKernel("last");
        int bytes = Context.MaxSharedMemoryPerBlock / sizeof(float) * sizeof(float);
        using CudaDeviceVariable<float> output = Pool.Allocate<float>(1, "output");

        kernel.AllowDynamicSharedMemory(bytes);
        kernel.Launch(Stream, 1, 128, bytes, new KernelArguments().Add(output).Add(bytes / sizeof(float)));

        Assert.Equal([bytes / sizeof(float) - 1], Read(output));
        Assert.Contains($"kernel last, {1 << 24} shared bytes of at most {Context.MaxSharedMemoryPerBlock}",
            Assert.Throws<CudaException>(() => kernel.AllowDynamicSharedMemory(1 << 24)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dependent_launches_see_what_the_kernel_in_front_wrote()
    {
        SkipOnEmulator("runs no PTX");
        Assert.SkipUnless(Context.ComputeCapability >= new ComputeCapability(9, 0), "programmatic dependent launch needs capability 9.0");
        using CudaModule module = Compile("""
            extern "C" __global__ void increment(int* value) {
                asm volatile("griddepcontrol.wait;" ::: "memory");
                *value += 1;
                asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
            }
            """);
        CudaKernel kernel = module.GetKernel("increment");
        using CudaDeviceVariable<int> value = Upload([0]);

        for (int i = 0; i < 100; i++)
        {
            kernel.Launch(Stream, 1, 1, 0, new KernelArguments().Add(value), dependent: true);
        }

        Assert.Equal([100], Read(value));
    }

    [Fact]
    public void What_waits_for_the_last_of_kernels_beside_each_other_waits_for_all()
    {
        Assert.SkipUnless(Context.ComputeCapability >= new ComputeCapability(9, 0), "programmatic dependent launch needs capability 9.0");
        using CudaModule module = Compile(
            """
            #include "common/dependent.cuh"
            extern "C" __global__ void take_time(volatile int* values) {
                const RunsBeside beside;
                for (int i = 0; i < 2000 && values[0] == 0; i++) {}
                values[0] = 1;
            }
            extern "C" __global__ void be_quick(int* values, int place) {
                const RunsBeside beside;
                values[place] = 1;
            }
            extern "C" __global__ void sum(int* values) { values[3] = values[0] + values[1] + values[2]; }
            """,
            DialectGpuTests.CommonHeaders());
        using CudaDeviceVariable<int> values = Upload([0, 0, 0, 0]);

        module.GetKernel("take_time").Launch(Stream, 1, 1, 0, new KernelArguments().Add(values));
        module.GetKernel("be_quick").Launch(Stream, 1, 1, 0, new KernelArguments().Add(values).Add(1), dependent: true);
        module.GetKernel("be_quick").Launch(Stream, 1, 1, 0, new KernelArguments().Add(values).Add(2), dependent: true);
        module.GetKernel("sum").Launch(Stream, 1, 1, 0, new KernelArguments().Add(values));

        Assert.Equal([1, 1, 1, 3], Read(values));
    }

    [Fact]
    public void Blocks_of_a_cooperative_launch_wait_for_one_another()
    {
        Assert.SkipUnless(Context.SupportsCooperativeLaunch, "the device has no cooperative launches");
        using CudaModule module = Compile(
            """
            #include "common/grid_barrier.cuh"
            struct Ring { int* values; unsigned* counters; int rounds; };
            extern "C" __global__ void __launch_bounds__(64) pass_on(Ring ring) {
                GridBarrier barrier = {ring.counters, gridDim.x, 0};
                __shared__ int taken;
                for (int i = 0; i < ring.rounds; i++) {
                    barrier.arrive();
                    barrier.wait();
                    if (threadIdx.x == 63) taken = ring.values[(blockIdx.x + 1) % gridDim.x];
                    barrier.arrive();
                    barrier.wait();
                    if (threadIdx.x == 0) ring.values[blockIdx.x] = taken;
                }
                barrier.leave();
            }
            """,
            DialectGpuTests.CommonHeaders());
        const int Blocks = 7;
        using CudaDeviceVariable<int> values = Upload(Enumerable.Range(0, Blocks).ToArray());
        using CudaDeviceVariable<int> counters = Upload([0, 0]);
        var ring = new Ring { Values = values.Pointer, Counters = counters.Pointer, Rounds = 3 };

        for (int launch = 0; launch < 2; launch++)
        {
            module.GetKernel("pass_on").LaunchCooperative(Stream, Blocks, 64, 0, in ring);
        }

        Assert.Equal(Enumerable.Range(0, Blocks).Select(block => (block + 6) % Blocks), Read(values));
        Assert.Equal([0, 0], Read(counters));
        Assert.Contains("CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE",
            Assert.Throws<CudaException>(() => module.GetKernel("pass_on").LaunchCooperative(Stream, 1 << 20, 64, 0, in ring)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Globals_are_views_into_the_module()
    {
        using CudaModule module = Compile("""
            extern "C" { __device__ float table[4]; }
            extern "C" __global__ void sum(float* output) { *output = table[0] + table[1] + table[2] + table[3]; }
            """);
        using CudaDeviceVariable<float> output = Pool.Allocate<float>(1, "output");

        module.GetGlobal<float>("table").CopyFromHostAndWait([1, 2, 3, 4], Stream);
        module.GetKernel("sum").Launch(Stream, 1, 1, 0, new KernelArguments().Add(output));

        Assert.Equal([10], Read(output));
    }

    [Fact]
    public void Events_time_what_lies_between_them()
    {
        SkipOnEmulator("runs a kernel before the launch returns");
        using CudaModule module = Compile("""
            extern "C" __global__ void wait_for(long long nanoseconds) {
                unsigned long long start, now;
                asm volatile("mov.u64 %0, %globaltimer;" : "=l"(start));
                do { asm volatile("mov.u64 %0, %globaltimer;" : "=l"(now)); } while (now - start < nanoseconds);
            }
            """);
        CudaKernel kernel = module.GetKernel("wait_for");
        using var start = new CudaEvent(Context);
        using var end = new CudaEvent(Context);
        kernel.Launch(Stream, 1, 1, 0, new KernelArguments().Add(1L));

        start.Record(Stream);
        kernel.Launch(Stream, 1, 1, 0, new KernelArguments().Add(5_000_000L));
        end.Record(Stream);
        bool completeAtOnce = end.IsComplete;
        end.Synchronize();

        Assert.False(completeAtOnce);
        Assert.True(end.IsComplete);
        // globaltimer ticks in steps of up to a microsecond; the upper bound only says that the unit is milliseconds.
        Assert.InRange(end.MillisecondsSince(start), 4.9f, 500f);
    }

    [Fact]
    public void A_stream_waits_for_another_streams_event()
    {
        SkipOnEmulator("runs a kernel before the launch returns");
        using CudaModule module = Compile("""
            extern "C" __global__ void slow_set(int* value) {
                unsigned long long start, now;
                asm volatile("mov.u64 %0, %globaltimer;" : "=l"(start));
                do { asm volatile("mov.u64 %0, %globaltimer;" : "=l"(now)); } while (now - start < 3000000);
                *value = 42;
            }
            extern "C" __global__ void copy(const int* from, int* to) { *to = *from; }
            """);
        using var other = new CudaStream(Context);
        using var done = new CudaEvent(Context, timing: false);
        using CudaDeviceVariable<int> from = Upload([0]);
        using CudaDeviceVariable<int> to = Upload([0]);

        module.GetKernel("slow_set").Launch(other, 1, 1, 0, new KernelArguments().Add(from));
        done.Record(other);
        Stream.WaitFor(done);
        module.GetKernel("copy").Launch(Stream, 1, 1, 0, new KernelArguments().Add(from).Add(to));

        Assert.Equal([42], Read(to));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Shape
    {
        public int Rows;
        public long Columns;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Ring
    {
        public nint Values;
        public nint Counters;
        public int Rounds;
    }
}
