using AutoTower.Autograd;
using AutoTower.Autograd.Operations;

namespace AutoTower.Search.Models;

/// <summary>What a tower gives.</summary>
/// <param name="Representation">(B, O), rows of length 1.</param>
/// <param name="Embeddings">(B, F*E): the entity's own field embeddings.</param>
public readonly record struct TowerOutput(Tensor Representation, Tensor Embeddings);

/// <summary>The loss of a batch, operation by operation (SPEC.md, Loss and training).</summary>
internal static class ModelLoss
{
    /// <summary>loss += corrected batch softmax + regulariser (|user embeddings| + |item embeddings|).</summary>
    public static void TwoTowerLoss(this Tape tape, TowerOutput users, TowerOutput items, TwoTowerObjective objective)
    {
        tape.BatchSoftmax(
            users.Representation, items.Representation, objective.LogProbability, objective.Rewards, objective.Temperature, objective.Loss);
        if (objective.Regulariser != 0)
        {
            tape.FrobeniusPenalty(users.Embeddings, objective.Regulariser, objective.Loss);
            tape.FrobeniusPenalty(items.Embeddings, objective.Regulariser, objective.Loss);
        }
    }
}
