namespace AutoTower.Autograd.Devices.Kernels;

/// <summary>
/// Histories from embedding tables to pooled vector in one launch: what <see cref="IEmbeddingKernels"/>, <see cref="IPoolingKernels"/> and
/// <see cref="IDenseKernels"/> compute one operation at a time. An optional family; where a device lacks it, or it does not support a
/// pooling, operations run one by one, with the same results up to rounding.
/// </summary>
public interface IHistoryKernels
{
    /// <summary>True when the pooling's shapes and fields are supported.</summary>
    bool Supports(HistoryPooling pooling, HistoryInputs histories);

    /// <summary>Assigns the output and what is saved.</summary>
    void Forward(HistoryBatch batch);

    /// <summary>From the output's gradient to those of tables, position and layers, all accumulated.</summary>
    void Backward(HistoryBatch batch);
}
