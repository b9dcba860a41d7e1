using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Operations;

/// <summary>Gather and pooling of histories as one operation on the tape, for devices with <see cref="IHistoryKernels"/>.</summary>
public static class HistoryOperation
{
    /// <summary>y = pooled histories; gradients flow into the tables and the pooling's parameters.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="kernels">The fused kernels of the tape's device.</param>
    /// <param name="pooling">A pooling that they support.</param>
    /// <param name="histories">What is pooled.</param>
    /// <param name="y">(B, d).</param>
    public static void PoolHistories(this Tape tape, IHistoryKernels kernels, HistoryPooling pooling, HistoryInputs histories, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(kernels);
        ArgumentNullException.ThrowIfNull(pooling);
        var (examples, length) = (histories.Lengths.Length, histories.Length);
        var dropout = new Dropout(tape.Records ? pooling.DropoutRate : 0f, tape.DropoutSeed, tape.Clock);
        var batch = new HistoryBatch(pooling, histories, dropout, y, Matrix.None, Matrix.None, Matrix.None, Matrix.None);
        if (tape.Records && pooling.Kind == HistoryPoolingKind.SelfAttentive)
        {
            batch = batch with { Weights = tape.Arena.NewMatrix(examples, length) };
        }
        else if (tape.Records && pooling.Kind == HistoryPoolingKind.SelfAttention)
        {
            batch = batch with
            {
                Weights = tape.Arena.NewMatrix(examples, length * length),
                Means = tape.Arena.NewMatrix(examples, length),
                Pooled = tape.Arena.NewMatrix(examples, y.Columns),
                Values = tape.Arena.NewMatrix(examples, y.Columns),
            };
        }

        kernels.Forward(batch);
        tape.Record(() => kernels.Backward(batch));
    }
}
