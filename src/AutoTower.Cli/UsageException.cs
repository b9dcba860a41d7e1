namespace AutoTower.Cli;

/// <summary>What the program was asked for can't be understood: one sentence.</summary>
internal sealed class UsageException(string message) : Exception(message);
