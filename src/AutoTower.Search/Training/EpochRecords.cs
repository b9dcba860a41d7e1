using AutoTower.Search.Checkpoints;

namespace AutoTower.Search.Training;

/// <summary>Epochs in a checkpoint.</summary>
internal static class EpochRecords
{
    public static void Save(CheckpointWriter writer, IReadOnlyList<EpochRecord> epochs)
    {
        writer.Write("training losses", [.. epochs.Select(epoch => epoch.TrainingLoss)]);
        writer.Write("validation losses", [.. epochs.Select(epoch => epoch.ValidationLoss)]);
    }

    public static IEnumerable<EpochRecord> Restore(CheckpointReader reader) =>
        reader.Numbers("training losses").Zip(reader.Numbers("validation losses"), (training, validation) => (training, validation))
            .Select((losses, index) => new EpochRecord(index + 1, losses.training, losses.validation));
}
