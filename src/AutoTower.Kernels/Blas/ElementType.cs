namespace AutoTower.Kernels.Blas;

/// <summary>Elements of a matrix.</summary>
public enum ElementType
{
    /// <summary>32-bit floats.</summary>
    Fp32 = 0,

    /// <summary>16-bit IEEE floats.</summary>
    Fp16 = 2,

    /// <summary>bfloat16.</summary>
    Bf16 = 14,
}
