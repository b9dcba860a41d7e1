using AutoTower.Kernels.Memory;
using CsCheck;

namespace AutoTower.Kernels.Tests.Memory;

public class DeviceMemoryPoolTests
{
    [Fact]
    public void Counters_follow_allocations_and_releases()
    {
        var allocator = new FakeAllocator(1 << 20);
        using var pool = new DeviceMemoryPool(allocator);

        CudaDeviceVariable<float> weights = pool.Allocate<float>(100, "weights");
        CudaDeviceVariable<int> history = pool.Allocate<int>(10, "history");
        Assert.Equal((2, 440), (pool.LiveAllocations, pool.LiveBytes));
        weights.Dispose();
        weights.Dispose();

        Assert.Equal((1, 40, 440), (pool.LiveAllocations, pool.LiveBytes, pool.PeakBytes));
        Assert.Equal(40, allocator.Used);
        history.Dispose();
        Assert.Equal((0, 0), (pool.LiveAllocations, pool.LiveBytes));
    }

    [Fact]
    public void Any_order_of_allocations_and_releases_ends_at_zero() => Gen.Int[0, 1000].List[1, 40].Sample(lengths =>
    {
        var allocator = new FakeAllocator(long.MaxValue);
        using var pool = new DeviceMemoryPool(allocator);
        var live = new List<CudaDeviceVariable<short>>();
        foreach (int length in lengths)
        {
            live.Add(pool.Allocate<short>(length, $"name {length % 3}"));
            if (length % 2 == 0)
            {
                live[length % live.Count].Dispose();
                live.RemoveAt(length % live.Count);
            }
            Assert.Equal(live.Count, pool.LiveAllocations);
            Assert.Equal(allocator.Used, pool.LiveBytes);
        }
        live.ForEach(variable => variable.Dispose());
        Assert.Equal((0, 0, 0), (pool.LiveAllocations, pool.LiveBytes, allocator.Used));
    });

    [Fact]
    public void Holdings_are_grouped_by_name_biggest_first()
    {
        using var pool = new DeviceMemoryPool(new FakeAllocator(1 << 20));
        using CudaDeviceVariable<byte> first = pool.Allocate<byte>(100, "temporary");
        using CudaDeviceVariable<byte> second = pool.Allocate<byte>(100, "temporary");
        using CudaDeviceVariable<byte> third = pool.Allocate<byte>(500, "weights");

        Assert.Equal([new MemoryHolding("weights", 1, 500), new MemoryHolding("temporary", 2, 200)], pool.Holdings());
    }

    [Fact]
    public void Running_out_names_who_asked_and_the_biggest_holders()
    {
        using var pool = new DeviceMemoryPool(new FakeAllocator(10 << 20));
        using CudaDeviceVariable<byte> table = pool.Allocate<byte>(6 << 20, "item table");
        using CudaDeviceVariable<byte> state = pool.Allocate<byte>(1 << 20, "Adam state");
        using CudaDeviceVariable<byte> more = pool.Allocate<byte>(1 << 20, "Adam state");

        var exception = Assert.Throws<DeviceOutOfMemoryException>(() => pool.Allocate<float>(1 << 20, "history cache"));

        Assert.Equal("Out of device memory: history cache asked for 4.0 MiB, 2.0 MiB of 10.0 MiB are free; held by this pool, 8.0 MiB: "
            + "item table 6.0 MiB, Adam state 2.0 MiB in 2 pieces.", exception.Message);
        Assert.Equal(("history cache", 4 << 20), (exception.Requester, exception.RequestedBytes));
        Assert.Equal(3, pool.LiveAllocations);
    }

    [Fact]
    public void Disposing_the_pool_frees_what_is_live_and_later_releases_do_nothing()
    {
        var allocator = new FakeAllocator(1 << 20);
        var pool = new DeviceMemoryPool(allocator);
        CudaDeviceVariable<byte> left = pool.Allocate<byte>(8, "left");

        pool.Dispose();
        left.Dispose();

        Assert.Equal(0, allocator.Used);
        Assert.True(allocator.Disposed);
    }

    [Fact]
    public void Views_are_parts_of_their_owner_and_gone_with_it()
    {
        using var pool = new DeviceMemoryPool(new FakeAllocator(1 << 20));
        CudaDeviceVariable<float> owner = pool.Allocate<float>(10, "owner");

        CudaDeviceView<float> part = owner.View.Slice(4, 6);

        Assert.Equal((owner.Pointer + 16, 6, 24), (part.Pointer, part.Length, part.Bytes));
        Assert.Throws<ArgumentOutOfRangeException>(() => owner.View.Slice(5, 6));
        Assert.Throws<ArgumentOutOfRangeException>(() => owner.View.Slice(1, long.MaxValue));
        owner.Dispose();
        Assert.Throws<ObjectDisposedException>(() => owner.View);
    }

    [Theory]
    [InlineData(0, "0 bytes")]
    [InlineData(1023, "1023 bytes")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(150_000_000_000, "139.7 GiB")]
    public void Sizes_read_well(long bytes, string text) => Assert.Equal(text, ByteSize.Format(bytes));
}
