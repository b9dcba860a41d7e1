using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Operations;

/// <summary>Both towers and the loss as one operation on the tape, for devices with <see cref="ITowerKernels"/>.</summary>
public static class TwoTowerOperation
{
    /// <summary>loss += batch softmax of the two towers' outputs; gradients flow into both inputs and all parameters of the paths.</summary>
    /// <param name="tape">The tape, in training mode.</param>
    /// <param name="towers">The fused kernels of the tape's device.</param>
    /// <param name="userPath">Path through the user tower.</param>
    /// <param name="userInput">(B, in).</param>
    /// <param name="itemPath">Path through the item tower.</param>
    /// <param name="itemInput">(B, in).</param>
    /// <param name="logProbability">(1, B), or absent for the plain softmax.</param>
    /// <param name="temperature">tau.</param>
    /// <param name="loss">(1, 1).</param>
    public static void TwoTowerLoss(
        this Tape tape,
        ITowerKernels towers,
        TowerPath userPath,
        Tensor userInput,
        TowerPath itemPath,
        Tensor itemInput,
        Matrix logProbability,
        float temperature,
        Matrix loss)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(towers);
        var user = TowerActivations.Take(tape.Arena, userPath, userInput, 1, training: true);
        var item = TowerActivations.Take(tape.Arena, itemPath, itemInput, 1, training: true);
        towers.Forward([user, item], new TowerStatistics(false, tape.BatchNormMomentum));
        towers.Softmax(new SoftmaxBatch(
            user.Vectors,
            item.Vectors,
            logProbability,
            Matrix.None,
            temperature,
            1,
            tape.Arena.NewMatrix(1, userInput.Rows),
            tape.Arena.NewMatrix(1, userInput.Rows),
            loss));
        tape.Record(() => towers.Backward([user, item]));
    }
}
