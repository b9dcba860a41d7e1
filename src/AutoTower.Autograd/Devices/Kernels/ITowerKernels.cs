namespace AutoTower.Autograd.Devices.Kernels;

/// <summary>How the batch norm layers of a fused forward pass are normalised.</summary>
/// <param name="UseRunningStatistics">Inference: by the running statistics, which stay as they are. Otherwise by each group's own.</param>
/// <param name="Momentum">Weight of a group in the running statistics; groups count in order.</param>
/// <param name="IsCumulative">Instead, every group counts the same.</param>
/// <param name="GroupsBefore">Groups that went into cumulative statistics before.</param>
public readonly record struct TowerStatistics(bool UseRunningStatistics, float Momentum = 0.1f, bool IsCumulative = false, int GroupsBefore = 0)
{
    /// <summary>Normalise by the running statistics.</summary>
    public static TowerStatistics Running => new(true);
}

/// <summary>A batch softmax loss over groups of a batch each (paper, equations 3 to 5).</summary>
/// <param name="Users">(groups * B, O), with gradient if the items have one; gradients are assigned.</param>
/// <param name="Items">(groups * B, O), likewise.</param>
/// <param name="LogProbability">(1, groups * B) or absent.</param>
/// <param name="Rewards">(1, groups * B) or absent.</param>
/// <param name="Temperature">tau.</param>
/// <param name="Groups">Number of batches.</param>
/// <param name="Terms">(1, groups * B): assigned; the terms of the loss.</param>
/// <param name="Loss">(1, 1): accumulated, the sum of the groups' means.</param>
public readonly record struct SoftmaxBatch(
    Tensor Users, Tensor Items, Matrix LogProbability, Matrix Rewards, float Temperature, int Groups, Matrix Terms, Matrix Loss);

/// <summary>
/// Whole towers in a few launches: what <see cref="IDenseKernels"/> and the other families compute one operation at a time. An optional
/// family; where a device lacks it, or it does not support a path, operations run one by one, with the same results up to rounding.
/// </summary>
public interface ITowerKernels
{
    /// <summary>True when the path's shapes and block kinds are supported.</summary>
    bool Supports(TowerPath path);

    /// <summary>
    /// Announces that the next forward pass goes over these paths, the same objects, with the weights as they are now; a device may get
    /// ready for it beside other work.
    /// </summary>
    /// <param name="user">Path through the user tower.</param>
    /// <param name="item">Path through the item tower.</param>
    /// <param name="inputs">Queues what assigns inputs of the towers and needs nothing that is queued later; nothing but
    /// <see cref="Forward"/> waits for it.</param>
    void Prepare(TowerPath user, TowerPath item, Action inputs);

    /// <summary>Runs one or two towers side by side: assigns the activations, vectors included, and updates running statistics as asked.</summary>
    void Forward(ReadOnlySpan<TowerActivations> towers, TowerStatistics statistics);

    /// <summary>
    /// From the gradients of the vectors to those of inputs, weights, biases and batch norm, all accumulated. Weights have not changed since
    /// the forward pass.
    /// </summary>
    void Backward(ReadOnlySpan<TowerActivations> towers);

    /// <summary>The loss and, where wanted, its gradients with respect to users and items.</summary>
    void Softmax(SoftmaxBatch batch);
}
