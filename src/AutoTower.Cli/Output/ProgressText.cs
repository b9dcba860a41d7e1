using AutoTower.Search.Training;

namespace AutoTower.Cli.Output;

/// <summary>How progress reads.</summary>
internal static class ProgressText
{
    public static string Training(TrainingProgress progress)
    {
        var left = TimeSpan.FromSeconds((progress.TotalSteps - progress.Step) / Math.Max(progress.StepsPerSecond, 1e-9));
        var epoch = progress.Epoch > 0 ? $"epoch {progress.Epoch}, " : string.Empty;
        var bound = progress.Epoch > 0 ? "at most " : string.Empty;
        return $"{progress.Phase}: {epoch}step {progress.Step:N0}/{progress.TotalSteps:N0}, loss {progress.Loss:F4}, "
            + $"{progress.StepsPerSecond:F1} steps/s, {bound}{Duration(left)} left";
    }

    public static string Duration(TimeSpan time) => time switch
    {
        { TotalHours: >= 1 } => $"{(int)time.TotalHours} h {time.Minutes} min",
        { TotalMinutes: >= 1 } => $"{(int)time.TotalMinutes} min {time.Seconds} s",
        _ => $"{time.TotalSeconds:F1} s",
    };
}
