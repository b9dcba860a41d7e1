namespace AutoTower.Autograd.Devices.Cpu;

/// <summary>
/// One parallel call. It holds its own counters, so a worker that wakes late finds a call without chunks left instead of the counters of
/// the next one, and nobody has to wait for it.
/// </summary>
internal sealed class ForkJoin(int chunks, Action<int> body)
{
    private int _next;
    private int _done;
    private Exception? _failure;

    /// <summary>A call with nothing to do.</summary>
    public static ForkJoin Finished { get; } = new(0, static _ => { });

    /// <summary>Runs chunks until none is left to start.</summary>
    public void TakeChunks()
    {
        for (var chunk = Interlocked.Increment(ref _next) - 1; chunk < chunks; chunk = Interlocked.Increment(ref _next) - 1)
        {
            try
            {
                body(chunk);
            }
#pragma warning disable CA1031 // The failure is handed to the thread that called Run.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                Interlocked.CompareExchange(ref _failure, failure, null);
            }

            Interlocked.Increment(ref _done);
        }
    }

    /// <summary>Waits for the chunks that other threads still run.</summary>
    public void Join()
    {
        var spinner = new SpinWait();
        while (Volatile.Read(ref _done) != chunks)
        {
            spinner.SpinOnce(sleep1Threshold: -1);
        }

        if (_failure is { } failure)
        {
            throw new AggregateException(failure);
        }
    }
}
