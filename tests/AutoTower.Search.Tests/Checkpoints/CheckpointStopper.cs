using AutoTower.Search.Checkpoints;

namespace AutoTower.Search.Tests.Checkpoints;

/// <summary>Asks the run to stop once so many checkpoints have been written.</summary>
internal sealed class CheckpointStopper(CancellationTokenSource stop, int checkpoints) : ICheckpointed
{
    private int _seen;

    public void Save(CheckpointWriter writer)
    {
        if (++_seen == checkpoints)
        {
            stop.Cancel();
        }
    }

    public void Restore(CheckpointReader reader)
    {
    }
}
