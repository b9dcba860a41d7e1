namespace AutoTower.Search.Data;

/// <summary>How interactions are divided into training, validation and test (SPEC.md, Data).</summary>
public enum SplitProtocol
{
    /// <summary>Per user the first 75 % go to a pool, the rest is test; the pool is shuffled over all users and cut 2:1.</summary>
    Paper,

    /// <summary>Per user in time order 50 % training, 25 % validation, 25 % test; nothing is shuffled across the cuts.</summary>
    Temporal,
}
