namespace AutoTower.Search.Checkpoints;

/// <summary>How often a run writes a checkpoint besides the ends of its phases; whichever comes first.</summary>
/// <param name="Time">Wall-clock time between two checkpoints.</param>
/// <param name="Steps">Training steps or candidates between two checkpoints; time alone decides where null.</param>
public sealed record CheckpointInterval(TimeSpan Time, int? Steps = null)
{
    /// <summary>Every five minutes: next to nothing beside the work that a crash would lose.</summary>
    public static CheckpointInterval Default { get; } = new(TimeSpan.FromMinutes(5));
}
