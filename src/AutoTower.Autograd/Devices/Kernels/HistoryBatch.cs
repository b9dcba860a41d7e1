namespace AutoTower.Autograd.Devices.Kernels;

/// <summary>A pooling of histories with its memory. What is saved for backward is absent where no backward pass follows.</summary>
/// <param name="Pooling">The pooling.</param>
/// <param name="Histories">What is pooled.</param>
/// <param name="Dropout">Dropout of self-attention.</param>
/// <param name="Output">(B, d), possibly a strided view.</param>
/// <param name="Weights">Self-attentive (B, L), self-attention (B, L*L): attention.</param>
/// <param name="Means">Self-attention (B, L): what each row counts in the mean.</param>
/// <param name="Pooled">Self-attention (B, d): the mean before the value projection.</param>
/// <param name="Values">Self-attention (B, d): the mean behind it.</param>
public readonly record struct HistoryBatch(
    HistoryPooling Pooling, HistoryInputs Histories, Dropout Dropout, Tensor Output, Matrix Weights, Matrix Means, Matrix Pooled, Matrix Values);
