using AutoTower.Autograd.Devices.Cpu;

namespace AutoTower.Autograd.Tests.Devices;

public class CpuThreadsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_chunk_runs_exactly_once_in_calls_close_together_and_far_apart(int count)
    {
        using var threads = new CpuThreads(count);
        var runs = new int[50];
        for (var call = 0; call < 2000; call++)
        {
            threads.Run(runs.Length, i => Interlocked.Increment(ref runs[i]));
            if (call % 500 == 0)
            {
                Thread.Sleep(5); // Long enough for workers to fall asleep.
            }
        }

        Assert.All(runs, run => Assert.Equal(2000, run));
    }

    [Fact]
    public void Ranges_cover_the_length_with_a_short_last_one()
    {
        using var threads = new CpuThreads(3);
        var ranges = new List<(int First, int End)>();
        threads.For(25, 10, (first, end) =>
        {
            lock (ranges)
            {
                ranges.Add((first, end));
            }
        });
        Assert.Equal([(0, 10), (10, 20), (20, 25)], ranges.Order());
        threads.For(0, 10, (_, _) => Assert.Fail("There is nothing to do."));
    }

    [Fact]
    public void A_failure_reaches_the_caller_and_leaves_the_threads_usable()
    {
        using var threads = new CpuThreads(2);
        var failure = Assert.Throws<AggregateException>(() => threads.Run(10, i => _ = i == 7 ? throw new InvalidOperationException("seven") : i));
        Assert.Equal("seven", failure.InnerException!.Message);
        var sum = 0;
        threads.Run(10, i => Interlocked.Add(ref sum, i));
        Assert.Equal(45, sum);
    }

    [Fact]
    public void Scratch_memory_is_reused()
    {
        using var scratch = new ScratchMemory();
        var first = scratch.Rent<float>(1000);
        var address = Address(first);
        var second = scratch.Rent<float>(1000);
        Assert.NotEqual(address, Address(second));
        first.Dispose();
        using var third = scratch.Rent<double>(10);
        Assert.Equal(address, Address(third));
        second.Dispose();
    }

    private static unsafe nint Address<T>(ScratchMemory.Lease<T> lease)
        where T : unmanaged => (nint)lease.Pointer;
}
