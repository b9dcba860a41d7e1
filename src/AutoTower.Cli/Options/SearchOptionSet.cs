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
    private readonly Option<int?> _steps = NumberOption.OptionalPositive("--steps", "Supernet training steps (50000; synthetic: 4000).");
    private readonly Option<int?> _iterations = NumberOption.OptionalPositive("--iterations", "Iterations of the evolution (50; synthetic: 10).");
    private readonly Option<int?> _population = NumberOption.OptionalPositive("--population", "Candidates an iteration (50; synthetic: 30).");

    private readonly Option<int?> _statisticsBatches = NumberOption.OptionalPositive(
        "--statistics-batches", "Training batches that recompute a candidate's batch norm statistics (200; synthetic: 20).");

    private readonly Option<int?> _lossBatches = NumberOption.OptionalPositive(
        "--fitness-batches", "Validation batches that a candidate's loss is averaged over (40; synthetic: 12).");

    private readonly Option<StatisticsMerging?> _merging = new("--statistics")
    {
        Description = "How those statistics are merged: momentum (the paper's) or cumulative (needs far fewer batches).",
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
            _userBlocks, _itemBlocks, _steps, _iterations, _population, _statisticsBatches, _lossBatches, _merging,
            _maxParams, _maxFlops, _maxUserParams, _maxUserFlops, _maxItemParams, _maxItemFlops, _top,
        ];
        foreach (var option in options)
        {
            command.Options.Add(option);
        }
    }

    public SearchSettings Read(
        ParseResult parsed, Preset preset, ulong seed, CostConvention convention, TrainingOptions training, RetrainingOptions retraining)
    {
        var population = parsed.GetValue(_population) ?? preset.Population;
        return new SearchSettings
        {
            UserBlocks = parsed.GetValue(_userBlocks),
            ItemBlocks = parsed.GetValue(_itemBlocks),
            Steps = parsed.GetValue(_steps) ?? preset.Steps,
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
            // The paper's proportions: half crossovers, half mutations, a fifth of the population as parents.
            Evolution = new EvolutionOptions
            {
                Population = population,
                Parents = Math.Max(Math.Max(1, population / 5), parsed.GetValue(_top)),
                Crossovers = population / 2,
                Mutations = population / 2,
                Iterations = parsed.GetValue(_iterations) ?? preset.Iterations,
            },
            Training = training,
            Fitness = new FitnessOptions
            {
                BatchSize = training.BatchSize,
                StatisticsBatches = parsed.GetValue(_statisticsBatches) ?? preset.StatisticsBatches,
                LossBatches = parsed.GetValue(_lossBatches) ?? preset.LossBatches,
                Merging = parsed.GetValue(_merging) ?? preset.Merging,
            },
            Retraining = retraining,
        };
    }
}
