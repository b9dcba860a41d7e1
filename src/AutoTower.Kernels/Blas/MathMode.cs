namespace AutoTower.Kernels.Blas;

/// <summary>Precision of 32-bit products.</summary>
public enum MathMode
{
    /// <summary>Full 32-bit products and sums.</summary>
    Fp32 = 0,

    /// <summary>Tensor cores: inputs rounded to a mantissa of 10 bits, sums of 32 bits.</summary>
    Tf32 = 1,
}
