using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Memory;
using AutoTower.Search.Supernet;
using AutoTower.Search.Training.Measures;

namespace AutoTower.Search.Training;

/// <summary>The inputs of a tower on all batches of an evaluation.</summary>
/// <param name="Statistics">(statistics batches * B, in).</param>
/// <param name="Evaluated">(batches * B', in).</param>
/// <param name="Batches">Number of evaluated batches.</param>
internal readonly record struct EvaluationInputs(Matrix Statistics, Matrix Evaluated, int Batches);

/// <summary>
/// Runs a tower over all batches of an evaluation in a few launches. While statistics are recomputed every batch is normalised by its own,
/// so batches do not depend on each other and are only merged, in order, at the end. What a tower takes depends on the batches and, for
/// users, on the pooling, but on nothing else that differs between candidates, so it is computed once.
/// </summary>
internal sealed class GroupedTowerPass(TwoTowerModel model, FitnessOptions options) : IDisposable
{
    // Rows that run side by side: enough to fill a device many times over, few enough to keep their activations near it.
    private const int RowsAtOnce = 1 << 16;
    private readonly Arena _arena = new(model.Device, "candidate towers");
    private readonly Dictionary<string, (DeviceBuffer<float> Memory, EvaluationInputs Inputs)> _inputs = [];

    /// <summary>The inputs of <paramref name="key"/>; <paramref name="fill"/> computes them where they are not held.</summary>
    public EvaluationInputs GetOrFill(
        string key, EvaluationBatches statistics, EvaluationBatches evaluated, int width, Action<Matrix, Matrix> fill)
    {
        if (!_inputs.TryGetValue(key, out var entry))
        {
            var memory = new DeviceBuffer<float>(model.Device, ((long)statistics.Rows + evaluated.Rows) * width, $"candidate inputs ({key})");
            var all = new Matrix(memory.Address, statistics.Rows + evaluated.Rows, width);
            entry = (memory, new EvaluationInputs(
                all.SliceRows(0, statistics.Rows), all.SliceRows(statistics.Rows, evaluated.Rows), evaluated.Count));
            _inputs.Add(key, entry);
            fill(entry.Inputs.Statistics, entry.Inputs.Evaluated);
        }

        return entry.Inputs;
    }

    /// <summary>Recomputes the statistics of <paramref name="path"/>, then assigns its vectors on the evaluated batches.</summary>
    public void Run(TowerPath path, EvaluationInputs inputs, Matrix vectors)
    {
        var kernels = model.Device.Towers!;
        InGroups(inputs.Statistics, options.StatisticsBatches, (part, first, groups) =>
        {
            var statistics = new TowerStatistics(
                UseRunningStatistics: false, IsCumulative: options.Merging == StatisticsMerging.Cumulative, GroupsBefore: first);
            kernels.Forward([TowerActivations.Take(_arena, path, new Tensor(part, Matrix.None), groups, training: false)], statistics);
        });
        var batch = inputs.Evaluated.Rows / inputs.Batches;
        InGroups(inputs.Evaluated, inputs.Batches, (part, first, groups) =>
        {
            var tower = TowerActivations.Take(_arena, path, new Tensor(part, Matrix.None), groups, training: false);
            kernels.Forward([tower], TowerStatistics.Running);
            var to = vectors.SliceRows(first * batch, groups * batch);
            model.Device.Copy(tower.Vectors.Value.Address, to.Address, to.Count * sizeof(float));
        });
    }

    public void Dispose()
    {
        foreach (var (memory, _) in _inputs.Values)
        {
            memory.Dispose();
        }

        _inputs.Clear();
        _arena.Dispose();
    }

    private void InGroups(Matrix rows, int batches, Action<Matrix, int, int> run)
    {
        var batch = rows.Rows / batches;
        var atOnce = Math.Max(1, RowsAtOnce / batch);
        for (var first = 0; first < batches; first += atOnce)
        {
            var groups = Math.Min(atOnce, batches - first);
            _arena.Reset();
            run(rows.SliceRows(first * batch, groups * batch), first, groups);
        }
    }
}
