namespace AutoTower.Search.Training;

/// <summary>How far a training phase is; reported every 100 steps and at the end of an epoch.</summary>
/// <param name="Phase">What is being trained: <c>supernet</c> or <c>retrain</c>.</param>
/// <param name="Step">Steps taken in this phase.</param>
/// <param name="TotalSteps">Steps planned (an upper bound where early stopping may end the phase).</param>
/// <param name="Loss">Training loss of the latest step.</param>
/// <param name="StepsPerSecond">Speed since the last report.</param>
/// <param name="Epoch">Epoch, from 1; 0 in supernet training.</param>
/// <param name="ValidationLoss">Loss on validation data, at the end of an epoch.</param>
public sealed record TrainingProgress(
    string Phase, int Step, int TotalSteps, double Loss, double StepsPerSecond, int Epoch = 0, double? ValidationLoss = null);
