namespace AutoTower.Search.Training;

/// <summary>One epoch of retraining.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="TrainingLoss">Loss of the epoch's last step.</param>
/// <param name="ValidationLoss">Loss on the validation interactions.</param>
public sealed record EpochRecord(int Epoch, double TrainingLoss, double ValidationLoss);

/// <summary>How a retraining went.</summary>
/// <param name="BestEpoch">The epoch whose weights the model has now.</param>
/// <param name="BestValidationLoss">Its validation loss.</param>
/// <param name="Epochs">All epochs.</param>
/// <param name="Duration">Wall-clock time.</param>
public sealed record RetrainingResult(
    int BestEpoch, double BestValidationLoss, IReadOnlyList<EpochRecord> Epochs, TimeSpan Duration);
