using System.CommandLine;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Optimisers;
using AutoTower.Search.Training;

namespace AutoTower.Cli.Options;

/// <summary>The options of training and retraining; what is left out takes the preset of the data set.</summary>
internal sealed class TrainingOptionSet
{
    private static readonly Bounds Positive = new(0, AboveMinimum: true);
    private static readonly Bounds NotNegative = new(0);

    private readonly Option<PresetName?> _preset = new(Preset.OptionName)
    {
        Description = "What options that are not given take: paper (the paper's settings) or quick; by default quick for synthetic data, else paper.",
        DefaultValueFactory = _ => null,
        CustomParser = result => ChoiceOption.Parse<PresetName>(result, Preset.OptionName),
    };

    private readonly PresetOption<int> _batch = NumberOption.FromPreset("--batch", "Examples a step (1024; synthetic: 256).", preset => preset.BatchSize);

    private readonly PresetOption<int> _epochs = NumberOption.FromPreset(
        "--epochs", "Most epochs of training from scratch (100; synthetic: 30).", preset => preset.Epochs);

    private readonly PresetOption<int> _patience = NumberOption.FromPreset(
        "--patience", "Epochs without a better validation loss before training stops (5; synthetic: 3).", preset => preset.Patience);

    private readonly Option<double?> _minutes = NumberOption.Limit("--max-minutes", "Start no further epoch after so many minutes of training from scratch.");
    private readonly Option<int> _embedding = NumberOption.Within("--embedding-dim", "Embedding dimension E.", 16, 1, 1024);
    private readonly Option<double> _temperature = NumberOption.Real("--temperature", "Temperature of the batch softmax.", 0.05, Positive);

    private readonly Option<double> _frequencyRate = NumberOption.Real(
        "--frequency-rate", "Rate at which item frequencies are learnt for the correction.", 0.01, new Bounds(0, 1));

    private readonly Option<double> _regulariser = NumberOption.Real("--regulariser", "Factor of the embeddings' norms in the loss.", 1e-5, NotNegative);
    private readonly Option<double> _learningRate = NumberOption.Real("--learning-rate", "Adam's learning rate.", 1e-3, Positive);
    private readonly Option<double> _weightDecay = NumberOption.Real("--weight-decay", "L2 weight decay.", 1e-6, NotNegative);
    private readonly Option<double> _maximumNorm = NumberOption.Real("--maximum-norm", "Gradient norm that steps are clipped to; 0 for none.", 5, NotNegative);

    private readonly Option<OptimiserMode> _optimiser = ChoiceOption.Create(
        "--optimiser",
        "How Adam treats rows of embedding tables that a batch does not touch: dense (updates them at every step, the paper's) or lazy (large "
        + "tables: they catch up when they are needed, so that a step's time does not grow with a table).",
        OptimiserMode.Dense);

    private readonly Option<int> _lazyRows = NumberOption.Positive(
        "--lazy-rows", "lazy: fewest rows of a table that is updated so; smaller ones are updated whole.", new LazyUpdates().FewestRows);

    private readonly Option<int> _lazyReplay = NumberOption.Within(
        "--lazy-replay",
        "lazy: most missed updates that a row replays when it catches up; 0 for all, which gives the results of dense.",
        new LazyUpdates().Replayed,
        0,
        int.MaxValue);

    private readonly Option<bool> _newOptimiser = new("--new-optimiser-each-epoch")
    {
        Description = "Whether training from scratch starts Adam anew each epoch.",
        DefaultValueFactory = _ => true,
    };

    public void AddTo(Command command)
    {
        Option[] options =
        [
            _preset, _batch, _epochs, _patience, _minutes, _embedding, _temperature, _frequencyRate, _regulariser, _learningRate, _weightDecay,
            _maximumNorm, _optimiser, _lazyRows, _lazyReplay, _newOptimiser,
        ];
        foreach (var option in options)
        {
            command.Options.Add(option);
        }
    }

    public int EmbeddingDimension(ParseResult parsed) => parsed.GetValue(_embedding);

    public TrainingOptions Training(ParseResult parsed) => new()
    {
        BatchSize = _batch.Of(parsed),
        Temperature = (float)parsed.GetValue(_temperature),
        FrequencyRate = (float)parsed.GetValue(_frequencyRate),
        Regulariser = (float)parsed.GetValue(_regulariser),
        Adam = new AdamSettings
        {
            LearningRate = (float)parsed.GetValue(_learningRate),
            WeightDecay = (float)parsed.GetValue(_weightDecay),
            MaximumNorm = (float)parsed.GetValue(_maximumNorm),
        },
        Lazy = parsed.GetValue(_optimiser) == OptimiserMode.Lazy ? Lazy(parsed) : null,
    };

    public RetrainingOptions Retraining(ParseResult parsed) => new()
    {
        MaximumEpochs = _epochs.Of(parsed),
        Patience = _patience.Of(parsed),
        NewOptimiserEachEpoch = parsed.GetValue(_newOptimiser),
        TimeLimit = parsed.GetValue(_minutes) is { } minutes ? NumberOption.Minutes(minutes) : null,
    };

    private LazyUpdates Lazy(ParseResult parsed) =>
        new(parsed.GetValue(_lazyRows), parsed.GetValue(_lazyReplay) is > 0 and var replayed ? replayed : int.MaxValue);
}
