namespace AutoTower.Search.Training;

/// <summary>The loss of a training step is no longer a number; all weights on the step's path are lost.</summary>
/// <param name="phase">What was being trained.</param>
/// <param name="step">The step at which it was noticed.</param>
public sealed class TrainingDivergedException(string phase, int step) : Exception(
    $"Training diverged: the loss of phase '{phase}' is not a finite number at step {step:N0}; another --seed or a larger --batch may help.");
