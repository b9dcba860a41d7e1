using System.Runtime.CompilerServices;
using AutoTower.Kernels.Handles;

namespace AutoTower.Kernels.Tests.Handles;

public class DeviceHandleTests
{
    [Fact]
    public void Disposing_destroys_once_and_ends_the_use()
    {
        var destroyed = new List<nint>();
        var handle = new DeviceHandle(5, null, destroyed.Add);
        Assert.Equal(5, handle.Value);

        handle.Dispose();
        handle.Dispose();

        Assert.Equal([5], destroyed);
        Assert.Throws<ObjectDisposedException>(() => handle.Value);
    }

    [Fact]
    public void The_collector_counts_what_was_forgotten_and_destroys_nothing()
    {
        long before = DeviceHandle.Forgotten;
        var destroyed = new List<nint>();

        Forget(destroyed);
        GC.Collect();
        GC.WaitForPendingFinalizers();

        Assert.True(DeviceHandle.Forgotten > before);
        Assert.Empty(destroyed);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(List<nint> destroyed) => GC.KeepAlive(new DeviceHandle(1, null, destroyed.Add));
}
