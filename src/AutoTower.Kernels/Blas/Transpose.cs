namespace AutoTower.Kernels.Blas;

/// <summary>What a product does to a matrix first.</summary>
public enum Transpose
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Transposes it.</summary>
    Transposed = 1,
}
