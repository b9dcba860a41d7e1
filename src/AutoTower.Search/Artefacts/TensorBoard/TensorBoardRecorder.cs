using System.Globalization;
using AutoTower.Search.Checkpoints;
using AutoTower.Search.Models;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Strategies;
using AutoTower.Search.Training;

namespace AutoTower.Search.Artefacts.TensorBoard;

/// <summary>
/// Writes the curves of a run as TensorBoard event files into its folder. A run that goes on writes a new file and cuts the earlier ones
/// to what they held at the checkpoint, so that no value is seen twice.
/// </summary>
public sealed class TensorBoardRecorder(string folder) : IRunObserver, ICheckpointed, IDisposable
{
    private const string Prefix = "events.out.tfevents.";
    private readonly List<(string Name, long Length)> _earlier = [];
    private EventFile? _file;
    private int _trained;

    private EventFile Events => _file ??= new EventFile(Path.Combine(folder, string.Create(
        CultureInfo.InvariantCulture,
        $"{Prefix}{DateTimeOffset.UtcNow.ToUnixTimeSeconds():D10}.{Environment.MachineName}.{_earlier.Count}")));

    /// <summary>Removes the event files of a run that starts again from its beginning.</summary>
    public void Clear() => RemoveAllBut([]);

    /// <inheritdoc/>
    public void PhaseStarted(string phase, int total)
    {
    }

    /// <inheritdoc/>
    public void Training(TrainingProgress progress)
    {
        ArgumentNullException.ThrowIfNull(progress);
        var name = progress.Epoch > 0 ? Retraining() : progress.Phase;
        Events.Scalar($"{name}/loss", progress.Step, progress.Loss);
        Events.Scalar($"{name}/steps per second", progress.Step, progress.StepsPerSecond);
    }

    /// <inheritdoc/>
    public void EpochEnded(ITwoTowerModel model, EpochRecord epoch)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        Events.Scalar($"{Retraining()}/validation loss", epoch.Epoch, epoch.ValidationLoss);
    }

    /// <inheritdoc/>
    public void Candidate(CandidateRecord candidate)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        Events.Scalar("evolution/candidate loss", candidate.Index, candidate.Loss);
    }

    /// <inheritdoc/>
    public void IterationEnded(IterationProgress progress)
    {
        ArgumentNullException.ThrowIfNull(progress);
        Events.Scalar("evolution/best loss", progress.Iteration, progress.BestLoss);
        Events.Scalar("evolution/mean loss", progress.Iteration, progress.MeanLoss);
    }

    /// <inheritdoc/>
    public void Trained(TrainedModel trained)
    {
        ArgumentNullException.ThrowIfNull(trained);
        _trained++;
        foreach (var (protocol, metrics) in trained.Test)
        {
            var name = $"test, {protocol.ToString().ToLowerInvariant()} protocol";
            for (var i = 0; i < metrics.Cutoffs.Count; i++)
            {
                Events.Scalar($"{name}/recall@{metrics.Cutoffs[i]}", _trained, metrics.Recall[i]);
                Events.Scalar($"{name}/ndcg@{metrics.Cutoffs[i]}", _trained, metrics.Ndcg[i]);
            }
        }
    }

    /// <inheritdoc/>
    public void PhaseEnded(string phase, TimeSpan duration)
    {
    }

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        var files = _file is null ? _earlier : [.. _earlier, (_file.Name, _file.Length)];
        writer.Write("files", string.Join('\n', files.Select(file => file.Name)));
        writer.Write("lengths", [.. files.Select(file => file.Length)]);
        writer.Write("trained", _trained);
    }

    /// <inheritdoc/>
    public void Restore(CheckpointReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        if (!reader.Has("files"))
        {
            return; // The run did not write event files up to here.
        }

        _trained = (int)reader.Integer("trained");
        _earlier.AddRange(reader.Text("files").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Zip(reader.Numbers("lengths"), (name, length) => (name, (long)length)));
        RemoveAllBut([.. _earlier.Select(file => file.Name)]);
        foreach (var (name, length) in _earlier.Where(file => File.Exists(Path.Combine(folder, file.Name))))
        {
            using var file = new FileStream(Path.Combine(folder, name), FileMode.Open, FileAccess.Write, FileShare.Read);
            file.SetLength(Math.Min(file.Length, length));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private string Retraining() => $"retraining {_trained + 1}";

    private void RemoveAllBut(HashSet<string> names)
    {
        foreach (var path in Directory.EnumerateFiles(folder, Prefix + "*").Where(path => !names.Contains(Path.GetFileName(path))).ToList())
        {
            File.Delete(path);
        }
    }
}
