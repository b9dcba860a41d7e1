using AutoTower.Kernels.Memory;
using CsCheck;

namespace AutoTower.Kernels.Tests.Memory;

public class DeviceArenaTests
{
    [Fact]
    public void Ranges_are_aligned_disjoint_and_inside() => Gen.Int[0, 700].List[1, 20].Sample(lengths =>
    {
        using var pool = new DeviceMemoryPool(new FakeAllocator(1 << 20));
        using var arena = new DeviceArena(pool, 1 << 19, "arena");
        nint origin = arena.Take<byte>(0, "origin").Pointer;
        nint end = origin;
        foreach (int length in lengths)
        {
            CudaDeviceView<double> range = arena.Take<double>(length, "range");
            Assert.Equal(0, (range.Pointer - origin) % DeviceArena.Alignment);
            Assert.True(range.Pointer >= end);
            end = range.Pointer + (nint)range.Bytes;
        }
        Assert.True(end - origin <= arena.Capacity);
        Assert.Equal(end - origin, arena.UsedBytes);
    });

    [Fact]
    public void The_same_requests_after_a_reset_get_the_same_addresses()
    {
        using var pool = new DeviceMemoryPool(new FakeAllocator(1 << 20));
        using var arena = new DeviceArena(pool, 1 << 16, "activations");
        nint[] first = [.. TakeSome(arena)];
        long used = arena.UsedBytes;

        arena.Reset();

        Assert.Equal(0, arena.LiveRanges);
        Assert.Equal(first, TakeSome(arena));
        Assert.Equal((used, used), (arena.UsedBytes, arena.PeakBytes));
    }

    [Fact]
    public void Releasing_to_a_mark_takes_back_only_what_came_after()
    {
        using var pool = new DeviceMemoryPool(new FakeAllocator(1 << 20));
        using var arena = new DeviceArena(pool, 1 << 16, "activations");
        arena.Take<byte>(10, "kept");
        ArenaMark mark = arena.Mark();
        nint temporary = arena.Take<byte>(10, "temporary").Pointer;
        ArenaMark late = arena.Mark();

        arena.ReleaseTo(mark);

        Assert.Equal([new MemoryHolding("kept", 1, 10)], arena.Holdings());
        Assert.Throws<InvalidOperationException>(() => arena.ReleaseTo(late));
        Assert.Equal(temporary, arena.Take<byte>(10, "again").Pointer);
    }

    [Fact]
    public void A_full_arena_names_who_asked_and_what_is_handed_out()
    {
        using var pool = new DeviceMemoryPool(new FakeAllocator(1 << 20));
        using var arena = new DeviceArena(pool, 4096, "activations");
        arena.Take<byte>(2048, "block 1 output");
        arena.Take<byte>(1024, "block 2 output");

        var exception = Assert.Throws<DeviceOutOfMemoryException>(() => arena.Take<float>(512, "logits"));

        Assert.Equal("The arena activations is too small: logits asked for 2.0 KiB, 1.0 KiB of 4.0 KiB are left; "
            + "handed out are: block 1 output 2.0 KiB, block 2 output 1.0 KiB.", exception.Message);
        Assert.Equal(256, arena.Take<float>(256, "fits").Length);
    }

    [Fact]
    public void Disposing_gives_the_slab_back()
    {
        using var pool = new DeviceMemoryPool(new FakeAllocator(1 << 20));
        new DeviceArena(pool, 4096, "activations").Dispose();

        Assert.Equal(0, pool.LiveAllocations);
    }

    private static IEnumerable<nint> TakeSome(DeviceArena arena)
    {
        yield return arena.Take<float>(3, "a").Pointer;
        yield return arena.Take<byte>(257, "b").Pointer;
        yield return arena.Take<long>(1, "c").Pointer;
    }
}
