using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Operations;

/// <summary>Both towers and the loss as one operation on the tape, for devices with <see cref="ITowerKernels"/>.</summary>
public static class TwoTowerOperation
{
    /// <summary>
    /// loss += batch softmax of the two towers' outputs + coefficient (|user embeddings|_F + |item embeddings|_F); gradients flow into both
    /// inputs and all parameters of the paths. In inference batch norm takes its running statistics, and no gradients flow.
    /// </summary>
    /// <param name="tape">The tape, in training or inference mode.</param>
    /// <param name="towers">The fused kernels of the tape's device.</param>
    /// <param name="user">User tower.</param>
    /// <param name="item">Item tower.</param>
    /// <param name="objective">The loss.</param>
    public static void TwoTowerLoss(this Tape tape, ITowerKernels towers, TowerInputs user, TowerInputs item, TwoTowerObjective objective)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(towers);
        var users = Take(tape, user, objective);
        var items = Take(tape, item, objective);
        towers.Forward([users, items], tape.Records ? new TowerStatistics(false, tape.BatchNormMomentum) : TowerStatistics.Running);
        towers.Softmax(new SoftmaxBatch(
            users.Vectors,
            items.Vectors,
            objective.LogProbability,
            objective.Rewards,
            objective.Temperature,
            1,
            tape.Arena.NewMatrix(1, user.Input.Rows),
            objective.Loss));
        tape.Record(() => towers.Backward([users, items]));
    }

    private static TowerActivations Take(Tape tape, TowerInputs tower, TwoTowerObjective objective)
    {
        var penalty = objective.Regulariser == 0
            ? default
            : new TowerPenalty(
                tower.EmbeddingColumns, objective.Regulariser, objective.Loss, tape.Arena.NewMatrix(1, 1), tape.Arena.NewMatrix(1, tower.Input.Rows));
        return TowerActivations.Take(tape.Arena, tower.Path, tower.Input, 1, tape.Records, penalty);
    }
}

/// <summary>A tower with its input.</summary>
/// <param name="Path">Path through the tower.</param>
/// <param name="Input">(B, in).</param>
/// <param name="EmbeddingColumns">How many of its first columns are the entity's own embeddings, which the regulariser counts.</param>
public readonly record struct TowerInputs(TowerPath Path, Tensor Input, int EmbeddingColumns);

/// <summary>The loss of a step.</summary>
/// <param name="LogProbability">(1, B), or absent for the plain softmax.</param>
/// <param name="Temperature">tau.</param>
/// <param name="Regulariser">Factor of the embeddings' norms.</param>
/// <param name="Loss">(1, 1), accumulated.</param>
/// <param name="Rewards">(1, B): weight r of each example, or absent where every r is 1.</param>
public readonly record struct TwoTowerObjective(Matrix LogProbability, float Temperature, float Regulariser, Matrix Loss, Matrix Rewards = default);
