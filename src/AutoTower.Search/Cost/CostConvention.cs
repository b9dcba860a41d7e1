namespace AutoTower.Search.Cost;

/// <summary>What is counted (SPEC.md, Cost model).</summary>
public enum CostConvention
{
    /// <summary>As the paper prints it: batch norm also in the last block, which never applies it; scoring left out.</summary>
    Paper,

    /// <summary>
    /// What is really computed: no batch norm in the last block, and the inner products with a batch of 1,024 items (1024 O
    /// multiply-accumulates, in the total) that the paper counts for its baselines only.
    /// </summary>
    Actual,
}
