using System.CommandLine;
using AutoTower.Search.Cost;
using AutoTower.Search.Evolution;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Training;

namespace AutoTower.Cli.Options;

/// <summary>The options of the search itself.</summary>
internal sealed class SearchOptionSet
{
    private readonly Option<int> _userBlocks = NumberOption.Within("--user-blocks", "Choice blocks of the user tower, 3 to 7.", 5, 3, 7);
    private readonly Option<int> _itemBlocks = NumberOption.Within("--item-blocks", "Choice blocks of the item tower, 3 to 7.", 5, 3, 7);

    private readonly PresetOption<int> _steps = NumberOption.FromPreset(
        "--steps", "Supernet training steps (50000; synthetic: 4000).", preset => preset.Steps);

    private readonly PresetOption<int> _iterations = NumberOption.FromPreset(
        "--iterations", "Iterations of the evolution (50; synthetic: 10).", preset => preset.Iterations);

    private readonly PresetOption<int> _population = NumberOption.FromPreset(
        "--population", "Candidates an iteration (50; synthetic: 30).", preset => preset.Population);

    private readonly Option<int?> _parents = NumberOption.OptionalPositive(
        "--parents", "Best candidates that parents are drawn from (a fifth of the population, at least as many as --top).");

    private readonly Option<double> _mutationProbability = NumberOption.Real(
        "--mutation-probability", "Probability that a mutation redraws a gene.", 0.1, new Bounds(0, 1));

    private readonly PresetOption<int> _statisticsBatches = NumberOption.FromPreset(
        "--statistics-batches",
        "Training batches that recompute a candidate's batch norm statistics (200; synthetic: 20).",
        preset => preset.StatisticsBatches);

    private readonly PresetOption<int> _lossBatches = NumberOption.FromPreset(
        "--fitness-batches", "Validation batches that a candidate's loss is averaged over (40; synthetic: 12).", preset => preset.LossBatches);

    private readonly PresetOption<StatisticsMerging> _merging = new(
        "--statistics",
        "How those statistics are merged: momentum (the paper's) or cumulative (needs far fewer batches; synthetic).",
        preset => preset.Merging)
    {
        CustomParser = result => ChoiceOption.Parse<StatisticsMerging>(result, "--statistics"),
    };

    private readonly Option<double?> _maxParams = NumberOption.Limit("--max-params", "Most parameters, embeddings left out.");
    private readonly Option<double?> _maxFlops = NumberOption.Limit("--max-flops", "Most FLOPs (multiply-accumulates / 2).");
    private readonly Option<double?> _maxUserParams = NumberOption.Limit("--max-user-params", "Most parameters of the user tower.");
    private readonly Option<double?> _maxUserFlops = NumberOption.Limit("--max-user-flops", "Most FLOPs of the user tower.");
    private readonly Option<double?> _maxItemParams = NumberOption.Limit("--max-item-params", "Most parameters of the item tower.");
    private readonly Option<double?> _maxItemFlops = NumberOption.Limit("--max-item-flops", "Most FLOPs of the item tower.");
    private readonly Option<int> _top = NumberOption.Positive("--top", "Architectures retrained from scratch.", 3);

    public void AddTo(Command command)
    {
        Option[] options =
        [
            _userBlocks, _itemBlocks, _steps, _iterations, _population, _parents, _mutationProbability, _statisticsBatches, _lossBatches, _merging,
            _maxParams, _maxFlops, _maxUserParams, _maxUserFlops, _maxItemParams, _maxItemFlops, _top,
        ];
        foreach (var option in options)
        {
            command.Options.Add(option);
        }
    }

    public SearchSettings Read(
        ParseResult parsed, ulong seed, CostConvention convention, TrainingOptions training, RetrainingOptions retraining)
    {
        var population = _population.Of(parsed);
        return new SearchSettings
        {
            UserBlocks = parsed.GetValue(_userBlocks),
            ItemBlocks = parsed.GetValue(_itemBlocks),
            Steps = _steps.Of(parsed),
            Top = parsed.GetValue(_top),
            Seed = seed,
            Convention = convention,
            Limits = new ComplexityLimits
            {
                MaxParameters = parsed.GetValue(_maxParams),
                MaxFlops = parsed.GetValue(_maxFlops),
                MaxUserParameters = parsed.GetValue(_maxUserParams),
                MaxUserFlops = parsed.GetValue(_maxUserFlops),
                MaxItemParameters = parsed.GetValue(_maxItemParams),
                MaxItemFlops = parsed.GetValue(_maxItemFlops),
            },
            // The paper's proportions: half crossovers, half mutations.
            Evolution = new EvolutionOptions
            {
                Population = population,
                Parents = parsed.GetValue(_parents) ?? Math.Max(Math.Max(1, population / 5), parsed.GetValue(_top)),
                Crossovers = population / 2,
                Mutations = population / 2,
                MutationProbability = (float)parsed.GetValue(_mutationProbability),
                Iterations = _iterations.Of(parsed),
            },
            Training = training,
            Fitness = new FitnessOptions
            {
                BatchSize = training.BatchSize,
                StatisticsBatches = _statisticsBatches.Of(parsed),
                LossBatches = _lossBatches.Of(parsed),
                Merging = _merging.Of(parsed),
            },
            Retraining = retraining,
        };
    }
}
