using AutoTower.Kernels.Streams;

namespace AutoTower.Kernels.Tests.Gpu;

public class ContextGpuTests : GpuTest
{
    [Fact]
    public void The_device_describes_itself()
    {
        Assert.NotEmpty(Context.Name);
        Assert.True(Context.ComputeCapability >= ComputeCapability.Minimum);
        Assert.Matches(@"^\d+\.\d$", Context.DriverVersion);
        Assert.InRange(Context.GetFreeMemory(), 1, Context.TotalMemory);
        Assert.InRange(Context.MultiprocessorCount, 1, 1024);
        Assert.InRange(Context.MaxThreadsPerMultiprocessor, 1024, 4096);
        Assert.InRange(Context.MaxSharedMemoryPerBlock, Context.SharedMemoryPerBlock, 1 << 20);
        Assert.True(Context.L2CacheBytes > 0);
        TestContext.Current.SendDiagnosticMessage(
            $"{Context.Name}, capability {Context.ComputeCapability}, driver {Context.DriverVersion}, {Context.MultiprocessorCount} multiprocessors, pools {Context.SupportsMemoryPools}");
    }

    [Fact]
    public void A_device_that_is_not_there_is_named()
    {
        Assert.False(CudaContext.TryProbe(out string reason, 99));
        Assert.StartsWith("There is no CUDA device 99: the driver reports ", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_thread_may_use_the_context()
    {
        await Task.Run(() => Stream.Synchronize(), TestContext.Current.CancellationToken);
        using var second = new CudaContext();
        await Task.Run(second.Synchronize, TestContext.Current.CancellationToken);
        Stream.Synchronize();
    }

    [Fact]
    public void Using_a_disposed_context_is_refused_and_releasing_after_it_is_not()
    {
        var context = new CudaContext();
        var stream = new CudaStream(context);
        context.Dispose();

        Assert.Throws<ObjectDisposedException>(stream.Synchronize);
        stream.Dispose();
        context.Dispose();
    }
}
