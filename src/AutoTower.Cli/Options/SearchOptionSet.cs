using System.CommandLine;
using AutoTower.Search.Cost;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Strategies;
using AutoTower.Search.Strategies.Evolution;
using AutoTower.Search.Strategies.Proximal;
using AutoTower.Search.Strategies.Reinforcement;
using AutoTower.Search.Training;
using AutoTower.Search.Training.Measures;

namespace AutoTower.Cli.Options;

/// <summary>The options of the search itself.</summary>
internal sealed class SearchOptionSet
{
    private static readonly Bounds Positive = new(0, AboveMinimum: true);

    private readonly Option<int> _userBlocks = NumberOption.Within("--user-blocks", "Choice blocks of the user tower, 3 to 7.", 5, 3, 7);
    private readonly Option<int> _itemBlocks = NumberOption.Within("--item-blocks", "Choice blocks of the item tower, 3 to 7.", 5, 3, 7);

    private readonly Option<SearchStrategy> _strategy = ChoiceOption.Create(
        "--strategy",
        "How architectures are searched: evolution, random, rl (a recurrent controller, as in ENAS), nasp (proximal steps on architecture weights) "
        + "or nsga2 (several objectives; its result is a front).",
        SearchStrategy.Evolution);

    private readonly PresetOption<int> _steps = NumberOption.FromPreset(
        "--steps", "Supernet training steps (50000; synthetic: 4000).", preset => preset.Steps);

    private readonly Option<string?> _supernetCache = new(RunOptions.SupernetCacheName)
    {
        Description = "Folder where trained supernets are kept and taken from, so that searches that differ in strategy or limits share one.",
    };

    private readonly PresetOption<int> _iterations = NumberOption.FromPreset(
        "--iterations", "Iterations of the search; with the population, the number of candidates judged (50; synthetic: 10).", preset => preset.Iterations);

    private readonly PresetOption<int> _population = NumberOption.FromPreset(
        "--population", "Candidates an iteration (50; synthetic: 30).", preset => preset.Population);

    private readonly Option<int?> _parents = NumberOption.OptionalPositive(
        "--parents", "Best candidates that parents are drawn from (a fifth of the population, at least as many as --top).");

    private readonly Option<double> _mutationProbability = NumberOption.Real(
        "--mutation-probability", "Probability that a mutation redraws a gene.", 0.1, new Bounds(0, 1));

    private readonly Option<string> _objectives = ObjectivesOption.Create();

    private readonly Option<int> _controllerSamples = NumberOption.Positive(
        "--controller-samples", "rl: architectures sampled for an update of the controller.", 10);

    private readonly Option<double> _controllerRate = NumberOption.Real(
        "--controller-learning-rate", "rl: the controller's learning rate.", 5e-3, Positive);

    private readonly Option<double> _controllerEntropy = NumberOption.Real(
        "--controller-entropy", "rl: factor of the entropy bonus; rewards have standard deviation 1.", 0.01, new Bounds(0));

    private readonly PresetOption<int> _weightSteps = NumberOption.FromPreset(
        "--nasp-weight-steps", "nasp: training steps for each step on architecture weights (1; synthetic: 5).", preset => preset.NaspWeightSteps);

    private readonly Option<double> _naspRate = NumberOption.Real(
        "--nasp-learning-rate", "nasp: learning rate of architecture weights.", 3e-3, Positive);

    private readonly Option<double> _naspWarmUp = NumberOption.Real(
        "--nasp-warm-up", "nasp: share of the steps, at the beginning, that train random paths.", 0.2, new Bounds(0, 1));

    private readonly Option<FitnessMeasure> _fitness = ChoiceOption.Create(
        "--fitness",
        "What judges candidates on validation data: loss (plain batch softmax, the paper's), corrected (the training loss) or recall (1 - Recall@50).",
        FitnessMeasure.Loss);

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
            _userBlocks, _itemBlocks, _strategy, _steps, _supernetCache, _iterations, _population, _parents, _mutationProbability, _objectives, _controllerSamples,
            _controllerRate, _controllerEntropy, _weightSteps, _naspRate, _naspWarmUp, _fitness, _statisticsBatches, _lossBatches, _merging, _maxParams, _maxFlops,
            _maxUserParams, _maxUserFlops, _maxItemParams, _maxItemFlops, _top,
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
            SupernetCache = parsed.GetValue(_supernetCache),
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
            Strategy = parsed.GetValue(_strategy),
            Objectives = ObjectivesOption.Read(parsed.GetValue(_objectives)!),
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
            Controller = new ControllerOptions
            {
                SamplesAnUpdate = parsed.GetValue(_controllerSamples),
                LearningRate = (float)parsed.GetValue(_controllerRate),
                EntropyWeight = (float)parsed.GetValue(_controllerEntropy),
            },
            Proximal = new ProximalOptions
            {
                WeightSteps = _weightSteps.Of(parsed),
                LearningRate = (float)parsed.GetValue(_naspRate),
                WarmUp = (float)parsed.GetValue(_naspWarmUp),
            },
            Training = training,
            Fitness = new FitnessOptions
            {
                Measure = parsed.GetValue(_fitness),
                BatchSize = training.BatchSize,
                StatisticsBatches = _statisticsBatches.Of(parsed),
                LossBatches = _lossBatches.Of(parsed),
                Merging = _merging.Of(parsed),
            },
            Retraining = retraining,
        };
    }
}
