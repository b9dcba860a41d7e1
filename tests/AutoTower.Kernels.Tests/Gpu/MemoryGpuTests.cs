using AutoTower.Kernels.Memory;
using AutoTower.Kernels.Streams;

namespace AutoTower.Kernels.Tests.Gpu;

public class MemoryGpuTests : GpuTest
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(123_457)]
    public void Values_survive_the_round_trip(int length)
    {
        float[] values = [.. Enumerable.Range(0, length).Select(i => i * 0.5f)];
        using CudaDeviceVariable<float> first = Upload(values);
        using CudaDeviceVariable<float> second = Pool.Allocate<float>(length, "copy");

        second.View.CopyFrom(first.View, Stream);

        Assert.Equal(values, Read(second));
    }

    [Fact]
    public void Page_locked_copies_keep_the_streams_order()
    {
        using var source = new CudaPageLockedHostMemory<int>(Context, 1000);
        using var destination = new CudaPageLockedHostMemory<int>(Context, 1000);
        using CudaDeviceVariable<int> device = Pool.Allocate<int>(1000, "copy");
        for (int i = 0; i < 1000; i++)
        {
            source.Span[i] = i * i;
        }

        device.View.CopyFromHost(source, Stream);
        device.View.CopyToHost(destination, Stream);
        Stream.Synchronize();

        Assert.Equal(source.Span.ToArray(), destination.Span.ToArray());
    }

    [Fact]
    public void Clear_and_fill_touch_their_view_only()
    {
        using CudaDeviceVariable<float> device = Upload(Enumerable.Repeat(7f, 10).ToArray());

        device.View.Slice(2, 3).Clear(Stream);
        device.View.Slice(6, 2).Fill(BitConverter.SingleToUInt32Bits(-1.5f), Stream);

        Assert.Equal([7, 7, 0, 0, 0, 7, -1.5f, -1.5f, 7, 7], Read(device));
    }

    [Fact]
    public void A_copy_of_the_wrong_length_is_refused()
    {
        using CudaDeviceVariable<int> device = Pool.Allocate<int>(4, "four");

        Assert.Equal("A copy of 5 elements does not fit a view of 4.",
            Assert.Throws<ArgumentException>(() => device.View.CopyFromHostAndWait(new int[5], Stream)).Message);
    }

    [Fact]
    public void The_leak_counter_sees_device_memory()
    {
        CudaDeviceVariable<byte> leaked = Pool.Allocate<byte>(1 << 20, "leaked table");

        Assert.Equal([new MemoryHolding("leaked table", 1, 1 << 20)], Pool.Holdings());
        leaked.Dispose();
        Assert.Equal((0, 0L, 1L << 20), (Pool.LiveAllocations, Pool.LiveBytes, Pool.PeakBytes));
    }

    [Fact]
    public void Running_out_names_who_asked_and_who_holds()
    {
        using CudaDeviceVariable<byte> held = Pool.Allocate<byte>(64 << 20, "item table");
        long tooMuch = Context.TotalMemory + (1L << 30);

        var exception = Assert.Throws<DeviceOutOfMemoryException>(() => Pool.Allocate<byte>(tooMuch, "history cache"));

        Assert.StartsWith("Out of device memory: history cache asked for ", exception.Message, StringComparison.Ordinal);
        Assert.EndsWith("held by this pool, 64.0 MiB: item table 64.0 MiB.", exception.Message, StringComparison.Ordinal);
        // The pool goes on working after it.
        Pool.Allocate<byte>(1 << 20, "small").Dispose();
    }

    [Fact]
    public void Memory_outlives_its_stream_and_is_freed_after_it()
    {
        var stream = new CudaStream(Context);
        var pool = new DeviceMemoryPool(stream);
        CudaDeviceVariable<byte> variable = pool.Allocate<byte>(1 << 20, "late");
        stream.Synchronize();
        stream.Dispose();

        variable.Dispose();
        pool.Dispose();

        Assert.Equal(0, pool.LiveAllocations);
        Context.Synchronize();
    }
}
