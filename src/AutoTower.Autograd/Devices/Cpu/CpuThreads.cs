namespace AutoTower.Autograd.Devices.Cpu;

/// <summary>
/// Fork-join over a fixed set of threads. Work is cut into chunks whose borders do not depend on the number of threads, and no two chunks
/// write the same element, so results are the same on any number of threads.
/// </summary>
public sealed class CpuThreads : IDisposable
{
    private readonly Thread[] _workers;
    private readonly SemaphoreSlim _start = new(0);
    private Action<int>? _body;
    private int _chunks;
    private int _next;
    private int _busy;
    private volatile bool _stopping;
    private volatile Exception? _failure;

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

    /// <summary>Runs <paramref name="body"/> for every chunk index in [0, <paramref name="chunks"/>) and returns when all are done.</summary>
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

        _body = body;
        _chunks = chunks;
        _failure = null;
        Volatile.Write(ref _next, 0);
        Volatile.Write(ref _busy, _workers.Length);
        _start.Release(_workers.Length);
        TakeChunks();
        var spinner = new SpinWait();
        while (Volatile.Read(ref _busy) != 0)
        {
            spinner.SpinOnce(sleep1Threshold: -1);
        }

        _body = null;
        if (_failure is { } failure)
        {
            throw new AggregateException(failure);
        }
    }

    /// <summary>Cuts [0, <paramref name="length"/>) into ranges of <paramref name="grain"/> elements and runs them.</summary>
    /// <param name="length">Number of elements.</param>
    /// <param name="grain">Elements a chunk, independent of the number of threads.</param>
    /// <param name="body">Receives the first element and the end of its range.</param>
    public void For(int length, int grain, Action<int, int> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(grain);
        var chunks = (int)(((long)length + grain - 1) / grain);
        Run(chunks, chunk => body(chunk * grain, (int)Math.Min(length, ((long)chunk + 1) * grain)));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping = true;
        _start.Release(Math.Max(1, _workers.Length));
        foreach (var worker in _workers)
        {
            worker.Join();
        }

        _start.Dispose();
    }

    private void Work()
    {
        while (true)
        {
            _start.Wait();
            if (_stopping)
            {
                return;
            }

            TakeChunks();
            Interlocked.Decrement(ref _busy);
        }
    }

    private void TakeChunks()
    {
        try
        {
            var body = _body!;
            for (var chunk = Interlocked.Increment(ref _next) - 1; chunk < _chunks; chunk = Interlocked.Increment(ref _next) - 1)
            {
                body(chunk);
            }
        }
#pragma warning disable CA1031 // The failure is handed to the thread that called Run.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _failure = failure;
        }
    }
}
