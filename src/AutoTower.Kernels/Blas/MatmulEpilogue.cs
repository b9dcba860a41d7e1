namespace AutoTower.Kernels.Blas;

/// <summary>What a product does to its result before it is written.</summary>
public enum MatmulEpilogue
{
    /// <summary>Nothing.</summary>
    None = 1,

    /// <summary>Adds a bias of one value a row of the column-major result: a column of the row-major one.</summary>
    Bias = 4,

    /// <summary>Adds the bias, then takes the positive part.</summary>
    BiasRelu = 6,
}
