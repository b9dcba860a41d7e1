namespace AutoTower.Kernels.Graphs;

/// <summary>What a conditional node does with its body.</summary>
public enum CudaConditionalKind
{
    /// <summary>Runs the body once when the value is not 0.</summary>
    If = 0,

    /// <summary>Runs the body again and again while the value is not 0, asked before each run.</summary>
    While = 1,
}
