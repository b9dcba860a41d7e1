namespace AutoTower.Kernels.Graphs;

/// <summary>
/// The value on which a conditional node decides. Kernels get it as an argument of type cudaGraphConditionalHandle and set it with
/// cudaGraphSetConditional(handle, value).
/// </summary>
/// <param name="Value">The driver's handle; passed to kernels as 64 bits.</param>
public readonly record struct CudaConditionalHandle(ulong Value);
