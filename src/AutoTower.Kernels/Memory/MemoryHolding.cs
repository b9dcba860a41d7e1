namespace AutoTower.Kernels.Memory;

/// <summary>What one requester holds of a pool.</summary>
/// <param name="Name">Who asked.</param>
/// <param name="Count">Live allocations under that name.</param>
/// <param name="Bytes">Their bytes.</param>
public sealed record MemoryHolding(string Name, int Count, long Bytes);
