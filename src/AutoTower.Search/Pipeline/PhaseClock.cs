using System.Diagnostics;
using AutoTower.Search.Checkpoints;

namespace AutoTower.Search.Pipeline;

/// <summary>Wall-clock time of each phase of a search, over all the processes that have worked on it.</summary>
internal sealed class PhaseClock : ICheckpointed
{
    private readonly double[] _seconds = new double[Enum.GetValues<SearchPhase>().Length];
    private readonly Stopwatch _watch = new();
    private SearchPhase _running;

    public TimeSpan this[SearchPhase phase] =>
        TimeSpan.FromSeconds(_seconds[(int)phase]) + (phase == _running ? _watch.Elapsed : TimeSpan.Zero);

    public void Start(SearchPhase phase)
    {
        _running = phase;
        _watch.Restart();
    }

    public void Stop()
    {
        _seconds[(int)_running] += _watch.Elapsed.TotalSeconds;
        _watch.Reset();
    }

    public void Save(CheckpointWriter writer) =>
        writer.Write("seconds", [.. Enum.GetValues<SearchPhase>().Select(phase => this[phase].TotalSeconds)]);

    public void Restore(CheckpointReader reader) => reader.Numbers("seconds").CopyTo(_seconds.AsSpan());
}
