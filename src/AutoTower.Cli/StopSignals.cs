using System.Runtime.InteropServices;

namespace AutoTower.Cli;

/// <summary>
/// Turns SIGINT (Ctrl+C) and SIGTERM into a wish to stop: the first lets the run finish its step and write a checkpoint, the second ends
/// the program at once.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TextWriter _error;
    private readonly PosixSignalRegistration[] _registrations;
    private int _received;

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
        if (Interlocked.Increment(ref _received) > 1)
        {
            Environment.Exit(exitCode);
        }

        ExitCode = exitCode;
        _error.WriteLine("autotower: stopping after this step, with a checkpoint; once more stops at once.");
        _stop.Cancel();
    }
}
