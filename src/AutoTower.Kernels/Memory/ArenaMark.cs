namespace AutoTower.Kernels.Memory;

/// <summary>A position in an arena.</summary>
/// <param name="Used">Bytes handed out so far.</param>
/// <param name="Ranges">Ranges handed out so far.</param>
public readonly record struct ArenaMark(long Used, int Ranges);
