namespace AutoTower.Cli;

/// <summary>What the program's exit code means (docs/exit-codes.md).</summary>
public static class ExitCode
{
    /// <summary>Everything worked.</summary>
    public const int Success = 0;

    /// <summary>The work could not be done; one sentence on standard error says why.</summary>
    public const int Failure = 1;

    /// <summary>The command line or an experiment file could not be understood.</summary>
    public const int Usage = 2;

    /// <summary>Interrupted (128 + SIGINT).</summary>
    public const int Interrupted = 130;

    /// <summary>Terminated (128 + SIGTERM).</summary>
    public const int Terminated = 143;
}
