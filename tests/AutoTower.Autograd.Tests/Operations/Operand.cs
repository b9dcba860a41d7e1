namespace AutoTower.Autograd.Tests.Operations;

/// <summary>A matrix that an operation under test reads or writes.</summary>
/// <param name="Rows">Number of rows.</param>
/// <param name="Columns">Number of columns.</param>
/// <param name="Gap">Elements between rows that no kernel may touch.</param>
internal sealed record Operand(int Rows, int Columns, int Gap = 0)
{
    /// <summary>Contents lie in [-Scale, Scale].</summary>
    public float Scale { get; init; } = 1;

    /// <summary>Whether a gradient is propagated into it.</summary>
    public bool WantsGradient { get; init; } = true;

    /// <summary>Whether its gradient is assigned instead of added to.</summary>
    public bool GradientIsAssigned { get; init; }

    /// <summary>A (1, 1) output that the operation adds to, and whose own gradient is 1.</summary>
    public static Operand Loss { get; } = new(1, 1) { WantsGradient = false };
}
