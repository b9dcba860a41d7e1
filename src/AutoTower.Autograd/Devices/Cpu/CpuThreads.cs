using System.Diagnostics;

namespace AutoTower.Autograd.Devices.Cpu;

/// <summary>
/// Fork-join over a fixed set of threads. Work is cut into chunks whose borders do not depend on the number of threads, and no two chunks
/// write the same element, so results are the same on any number of threads.
/// </summary>
/// <remarks>
/// A training step is a chain of calls of some tens of microseconds, so a worker that runs dry first spins for a moment, where the next call
/// finds it at the cost of a cache miss, and only then sleeps, where it costs nothing.
/// </remarks>
public sealed class CpuThreads : IDisposable
{
    private static readonly long s_spinTicks = Stopwatch.Frequency / 1_000_000 * 60;

    private readonly Thread[] _workers;
    private readonly object _gate = new();
    private ForkJoin _current = ForkJoin.Finished;
    private int _sleeping;
    private volatile bool _stopping;

    /// <summary>Starts <paramref name="count"/> - 1 workers; the caller of <see cref="Run"/> is the last one.</summary>
    public CpuThreads(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        Count = count;
        _workers = new Thread[count - 1];
        for (var i = 0; i < _workers.Length; i++)
        {
            _workers[i] = new Thread(Work) { IsBackground = true, Name = $"autotower cpu {i + 1}" };
            _workers[i].Start();
        }
    }

    /// <summary>Number of threads, the caller's included.</summary>
    public int Count { get; }

    /// <summary>Memory for intermediate results of kernels, kept from call to call.</summary>
    internal ScratchMemory Scratch { get; } = new();

    /// <summary>Runs <paramref name="body"/> for every chunk index in [0, <paramref name="chunks"/>) and returns when all are done.</summary>
    /// <exception cref="AggregateException">A chunk failed; the first failure is inside.</exception>
    public void Run(int chunks, Action<int> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (chunks <= 1 || _workers.Length == 0)
        {
            for (var i = 0; i < chunks; i++)
            {
                body(i);
            }

            return;
        }

        var work = new ForkJoin(chunks, body);
        Interlocked.Exchange(ref _current, work); // The full fence orders the publication before the look at _sleeping.
        Wake(chunks - 1);
        work.TakeChunks();
        work.Join();
    }

    /// <summary>Cuts [0, <paramref name="length"/>) into ranges of <paramref name="grain"/> elements and runs them.</summary>
    /// <param name="length">Number of elements.</param>
    /// <param name="grain">Elements a chunk, independent of the number of threads.</param>
    /// <param name="body">Receives the first element and the end of its range.</param>
    /// <exception cref="AggregateException">A chunk failed; the first failure is inside.</exception>
    public void For(int length, int grain, Action<int, int> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(grain);
        var chunks = (int)(((long)length + grain - 1) / grain);
        if (chunks == 1)
        {
            body(0, length);
            return;
        }

        Run(chunks, chunk => body(chunk * grain, (int)Math.Min(length, ((long)chunk + 1) * grain)));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.PulseAll(_gate);
        }

        foreach (var worker in _workers)
        {
            worker.Join();
        }

        Scratch.Dispose();
    }

    private void Wake(int wanted)
    {
        if (Volatile.Read(ref _sleeping) == 0)
        {
            return;
        }

        lock (_gate)
        {
            for (var i = Math.Min(wanted, _sleeping); i > 0; i--)
            {
                Monitor.Pulse(_gate);
            }
        }
    }

    private void Work()
    {
        var last = ForkJoin.Finished;
        while (!_stopping)
        {
            if (!Spin(last))
            {
                Sleep(last);
            }

            last = Volatile.Read(ref _current);
            last.TakeChunks();
        }
    }

    private bool Spin(ForkJoin last)
    {
        var end = Stopwatch.GetTimestamp() + s_spinTicks;
        while (Volatile.Read(ref _current) == last && !_stopping)
        {
            if (Stopwatch.GetTimestamp() > end)
            {
                return false;
            }

            Thread.SpinWait(4);
        }

        return true;
    }

    private void Sleep(ForkJoin last)
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _sleeping); // The full fence orders it before the look at _current; see Run.
            while (Volatile.Read(ref _current) == last && !_stopping)
            {
                Monitor.Wait(_gate);
            }

            Interlocked.Decrement(ref _sleeping);
        }
    }
}
