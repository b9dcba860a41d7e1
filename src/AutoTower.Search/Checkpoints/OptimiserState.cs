using AutoTower.Autograd.Optimisers;

namespace AutoTower.Search.Checkpoints;

/// <summary>Adam's moments and update counts in a checkpoint, and how far rows that are updated by row have come.</summary>
internal static class OptimiserState
{
    public static void Save(this Adam optimiser, CheckpointWriter writer)
    {
        writer.Write("first moments", optimiser.FirstMoments);
        writer.Write("second moments", optimiser.SecondMoments);
        writer.Write("updates", optimiser.StepCounts);
        if (optimiser.IsLazy)
        {
            writer.Write("rows' last gradients", optimiser.LastGradients);
            writer.Write("rows caught up", optimiser.CaughtUp);
        }
    }

    public static void Restore(this Adam optimiser, CheckpointReader reader)
    {
        reader.Read("first moments", optimiser.FirstMoments);
        reader.Read("second moments", optimiser.SecondMoments);
        reader.Read("updates", optimiser.StepCounts);
        if (optimiser.IsLazy)
        {
            reader.Read("rows' last gradients", optimiser.LastGradients);
            reader.Read("rows caught up", optimiser.CaughtUp);
        }
    }
}
