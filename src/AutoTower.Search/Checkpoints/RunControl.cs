using System.Diagnostics;

namespace AutoTower.Search.Checkpoints;

/// <summary>
/// Is asked between two steps or candidates, when the state of a run is whole: writes a checkpoint when one is due, and ends the run, with
/// a checkpoint, when it was asked to stop.
/// </summary>
/// <param name="folder">Where checkpoints go; none are written where null.</param>
/// <param name="interval">How often.</param>
/// <param name="resumed">The checkpoint that the run goes on from; null for a new run.</param>
/// <param name="stop">The wish to stop.</param>
public sealed class RunControl(CheckpointFolder? folder, CheckpointInterval interval, CheckpointReader? resumed, CancellationToken stop)
{
    private readonly Dictionary<string, ICheckpointed> _components = [];
    private readonly Stopwatch _sinceCheckpoint = Stopwatch.StartNew();
    private int _steps;

    /// <summary>Control of a run without checkpoints.</summary>
    public RunControl(CancellationToken stop)
        : this(null, CheckpointInterval.Default, null, stop)
    {
    }

    /// <summary>Adds a component to the checkpoints of the run, and gives it its state back when the run goes on from one.</summary>
    public void Track(string name, ICheckpointed component)
    {
        _components.Add(name, component);
        resumed?.Restore(name, component);
    }

    /// <summary>Call between two steps or candidates.</summary>
    /// <exception cref="OperationCanceledException">The run was asked to stop; its state is saved.</exception>
    /// <exception cref="IOException">A checkpoint could not be written.</exception>
    public void Between()
    {
        _steps++;
        if (stop.IsCancellationRequested)
        {
            Checkpoint();
            stop.ThrowIfCancellationRequested();
        }

        if (folder is not null && (_steps >= interval.Steps || _sinceCheckpoint.Elapsed >= interval.Time))
        {
            Checkpoint();
        }
    }

    /// <summary>Writes a checkpoint now, as at the end of a phase.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public void Checkpoint()
    {
        folder?.Write(writer =>
        {
            foreach (var (name, component) in _components)
            {
                writer.Write(name, component);
            }
        });
        _steps = 0;
        _sinceCheckpoint.Restart();
    }
}
