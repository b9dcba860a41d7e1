namespace AutoTower.Report.Runs;

/// <summary>What a run's folder tells.</summary>
/// <param name="Name">Name of the folder.</param>
/// <param name="Command">The command, <c>search</c> or <c>train</c>.</param>
/// <param name="Configuration">The settings of <c>config.json</c> as text, in order.</param>
/// <param name="Losses">Training losses by phase, in order of steps.</param>
/// <param name="Candidates">What the search judged, in order.</param>
/// <param name="Trained">What was trained from scratch, the result first.</param>
/// <param name="Popularity">Test metrics of the most-popular order by protocol.</param>
public sealed record RunData(
    string Name,
    string Command,
    IReadOnlyDictionary<string, string> Configuration,
    IReadOnlyDictionary<string, IReadOnlyList<LossPoint>> Losses,
    IReadOnlyList<Candidate> Candidates,
    IReadOnlyList<TrainedModel> Trained,
    IReadOnlyDictionary<string, MetricSet> Popularity)
{
    /// <summary>The evaluation protocols of the metrics, the strict one first: it is what a user should trust.</summary>
    public IReadOnlyList<string> Protocols { get; } =
        [.. Trained.SelectMany(model => model.Test.Keys).Concat(Popularity.Keys).Distinct().OrderByDescending(name => name, StringComparer.Ordinal)];

    /// <summary>The front of a multi-objective search, fittest first; empty for others. Its members have no iteration.</summary>
    public IReadOnlyList<Candidate> Front { get; init; } = [];

    /// <summary>What the search judged candidates by, for axes and tables.</summary>
    public string FitnessName => Configuration.GetValueOrDefault("fitness") switch
    {
        "recall" => "fitness (1 - Recall@50 on validation data)",
        "corrected" => "fitness (corrected validation loss)",
        _ => "fitness (validation loss)",
    };

    /// <summary>A limit that the search obeyed, such as <c>max-params</c>.</summary>
    public double? Limit(string option) =>
        Configuration.TryGetValue(option, out var text) && double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var value)
            ? value
            : null;
}

/// <summary>A training loss.</summary>
/// <param name="Step">Step within the phase.</param>
/// <param name="Loss">The loss of that step.</param>
public readonly record struct LossPoint(int Step, double Loss);

/// <summary>A candidate that the search judged.</summary>
/// <param name="Iteration">Iteration, from 1.</param>
/// <param name="Architecture">Its text form.</param>
/// <param name="Loss">Its fitness; lower is better.</param>
/// <param name="Parameters">Parameters without embedding tables.</param>
/// <param name="Flops">FLOPs (multiply-accumulates / 2).</param>
/// <param name="LatencyMilliseconds">Time to compute a user's vector, where it was measured.</param>
public sealed record Candidate(
    int Iteration, ArchitectureText Architecture, double Loss, double Parameters, double Flops, double? LatencyMilliseconds = null);

/// <summary>A model that was trained from scratch.</summary>
/// <param name="Architecture">Its text form, or null for a baseline.</param>
/// <param name="Name">What it is called: the architecture or the baseline's name.</param>
/// <param name="Parameters">Parameters without embedding tables.</param>
/// <param name="Flops">FLOPs (multiply-accumulates / 2).</param>
/// <param name="Fitness">Its loss with the supernet's weights, where it was searched.</param>
/// <param name="BestEpoch">The epoch whose weights were kept.</param>
/// <param name="Epochs">Losses by epoch.</param>
/// <param name="Test">Test metrics by protocol.</param>
public sealed record TrainedModel(
    ArchitectureText? Architecture,
    string Name,
    double? Parameters,
    double? Flops,
    double? Fitness,
    int BestEpoch,
    IReadOnlyList<Epoch> Epochs,
    IReadOnlyDictionary<string, MetricSet> Test);

/// <summary>An epoch.</summary>
/// <param name="Number">From 1.</param>
/// <param name="TrainingLoss">Training loss.</param>
/// <param name="ValidationLoss">Validation loss.</param>
public sealed record Epoch(int Number, double TrainingLoss, double ValidationLoss);

/// <summary>Metrics by name, such as <c>recall@50</c>, each from 0 to 1.</summary>
/// <param name="Values">The values.</param>
/// <param name="Users">Number of test users.</param>
public sealed record MetricSet(IReadOnlyDictionary<string, double> Values, int Users);

/// <summary>
/// An architecture as run folders write it. Block types are names here, so that runs with types that this program does not know can be
/// shown too.
/// </summary>
/// <param name="Pooling">Name of the pooling.</param>
/// <param name="User">Names of the user tower's blocks.</param>
/// <param name="Item">Names of the item tower's blocks.</param>
public sealed record ArchitectureText(string Pooling, IReadOnlyList<string> User, IReadOnlyList<string> Item)
{
    /// <summary>Reads <c>pooling=...; user=...; item=...</c>, or returns null where the text is something else.</summary>
    public static ArchitectureText? Parse(string? text)
    {
        var parts = (text ?? string.Empty).Split(';', StringSplitOptions.TrimEntries)
            .Select(part => part.Split('=', 2, StringSplitOptions.TrimEntries))
            .Where(part => part.Length == 2)
            .GroupBy(part => part[0])
            .ToDictionary(group => group.Key, group => group.First()[1]);
        return parts.TryGetValue("pooling", out var pooling) && parts.TryGetValue("user", out var user) && parts.TryGetValue("item", out var item)
            ? new ArchitectureText(pooling, Blocks(user), Blocks(item))
            : null;
    }

    /// <inheritdoc/>
    public override string ToString() => $"pooling={Pooling}; user={string.Join(',', User)}; item={string.Join(',', Item)}";

    private static string[] Blocks(string text) => text.Split(',', StringSplitOptions.TrimEntries);
}
