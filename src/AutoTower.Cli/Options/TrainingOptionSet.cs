using System.CommandLine;
using AutoTower.Search.Training;

namespace AutoTower.Cli.Options;

/// <summary>The options of training and retraining; what is left out takes the preset of the data set.</summary>
internal sealed class TrainingOptionSet
{
    private readonly Option<int?> _batch = NumberOption.OptionalPositive("--batch", "Examples a step (1024; synthetic: 256).");
    private readonly Option<int?> _epochs = NumberOption.OptionalPositive("--epochs", "Most epochs of training from scratch (100; synthetic: 30).");
    private readonly Option<int?> _patience = NumberOption.OptionalPositive("--patience", "Epochs without a better validation loss before training stops (5).");
    private readonly Option<double?> _minutes = NumberOption.Limit("--max-minutes", "Start no further epoch after so many minutes of training from scratch.");
    private readonly Option<int> _embedding = NumberOption.Within("--embedding-dim", "Embedding dimension E.", 16, 1, 1024);

    public void AddTo(Command command)
    {
        command.Options.Add(_batch);
        command.Options.Add(_epochs);
        command.Options.Add(_patience);
        command.Options.Add(_minutes);
        command.Options.Add(_embedding);
    }

    public int EmbeddingDimension(ParseResult parsed) => parsed.GetValue(_embedding);

    public TrainingOptions Training(ParseResult parsed, Preset preset) =>
        new() { BatchSize = parsed.GetValue(_batch) ?? preset.BatchSize };

    public RetrainingOptions Retraining(ParseResult parsed, Preset preset) => new()
    {
        MaximumEpochs = parsed.GetValue(_epochs) ?? preset.Epochs,
        Patience = parsed.GetValue(_patience) ?? preset.Patience,
        TimeLimit = parsed.GetValue(_minutes) is { } minutes ? TimeSpan.FromMinutes(minutes) : null,
    };
}
