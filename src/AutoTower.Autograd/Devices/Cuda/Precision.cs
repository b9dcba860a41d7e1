namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>Precision of dense products; everything else is computed in fp32.</summary>
public enum Precision
{
    /// <summary>Full 32-bit products and sums.</summary>
    Fp32,

    /// <summary>Tensor cores: factors rounded to a mantissa of 10 bits, sums of 32 bits.</summary>
    Tf32,
}
