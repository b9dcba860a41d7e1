using System.Runtime.InteropServices;

namespace AutoTower.Cli;

/// <summary>
/// Turns SIGINT (Ctrl+C) and SIGTERM into a wish to stop: the first lets the run finish its step and write a checkpoint, the second ends
/// the program at once.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    // One wish may arrive twice at once: timeout(1) signals the process and then its group.
    private const int SameWishMilliseconds = 200;
    private readonly CancellationTokenSource _stop = new();
    private readonly TextWriter _error;
    private readonly PosixSignalRegistration[] _registrations;
    private long _firstAt;

    public StopSignals(TextWriter error)
    {
        _error = error;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Receive(context, AutoTower.Cli.ExitCode.Interrupted)),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Receive(context, AutoTower.Cli.ExitCode.Terminated)),
        ];
    }

    public CancellationToken Token => _stop.Token;

    /// <summary>What the program should end with when it stopped because of a signal.</summary>
    public int ExitCode { get; private set; } = AutoTower.Cli.ExitCode.Interrupted;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _stop.Dispose();
    }

    private void Receive(PosixSignalContext context, int exitCode)
    {
        context.Cancel = true;
        var now = Environment.TickCount64;
        var first = Interlocked.CompareExchange(ref _firstAt, now, 0);
        if (first != 0)
        {
            if (now - first >= SameWishMilliseconds)
            {
                Environment.Exit(exitCode);
            }

            return;
        }

        ExitCode = exitCode;
        _error.WriteLine("autotower: stopping after this step, with a checkpoint; once more stops at once.");
        _stop.Cancel();
    }
}
