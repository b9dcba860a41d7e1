using System.Diagnostics;
using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Memory;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;

namespace AutoTower.Search.Strategies.Pareto;

/// <summary>
/// Measures how long the device takes from a user's history to the user's vector, one user at a time, as a request does. Item vectors are
/// computed beforehand in serving, so the item tower does not count.
/// </summary>
internal sealed class LatencyMeter : IDisposable
{
    private const int WarmUps = 3;
    private const int Repetitions = 15;
    private readonly TwoTowerModel _model;
    private readonly DeviceBatch _batch;
    private readonly DeviceBuffer<int> _interaction;
    private readonly Arena _arena;

    /// <summary>Prepares measurements with the history before <paramref name="interaction"/>.</summary>
    public LatencyMeter(TwoTowerModel model, int interaction)
    {
        _model = model;
        _batch = new DeviceBatch(model.Device, 1, model.Shape.HistoryLength);
        _interaction = new DeviceBuffer<int>(model.Device, [interaction], "latency interaction");
        _arena = new Arena(model.Device, "latency");
    }

    /// <summary>Median milliseconds over several requests, after some that do not count. Waits for the device.</summary>
    public double Measure(Architecture architecture)
    {
        var times = new double[Repetitions];
        for (var i = -WarmUps; i < Repetitions; i++)
        {
            var start = Stopwatch.GetTimestamp();
            _arena.Reset();
            var batch = _batch.Arrays(1);
            _model.Device.Batches.Assemble(_model.Data.Interactions, new IntegerArray(_interaction.Address, 1), batch);
            _model.Users(new Tape(_arena, ForwardMode.Inference), architecture, batch);
            _model.Device.Synchronize();
            times[Math.Max(i, 0)] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        Array.Sort(times);
        return times[Repetitions / 2];
    }

    public void Dispose()
    {
        _batch.Dispose();
        _interaction.Dispose();
        _arena.Dispose();
    }
}
