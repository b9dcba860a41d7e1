using AutoTower.Search.Baselines;
using AutoTower.Search.Reproduction;

namespace AutoTower.Cli.Reproduction;

/// <summary>The paper's tables and figures by name.</summary>
internal static class TableCatalog
{
    private static readonly string[] All = ["ml-100k", "ml-1m", "yelp", "amazon-books"];
    private static readonly string[] Ablation = ["ml-1m", "amazon-books"];

    /// <summary>Scenarios of Table 3: limits on parameters and FLOPs.</summary>
    private static readonly (string Name, string Parameters, string Flops)[] Scenarios =
        [("l", "240000", "150000"), ("m", "480000", "280000"), ("h", "1200000", "800000")];

    private static readonly Dictionary<BaselineFamily, string> BaselineLabels = new()
    {
        [BaselineFamily.GoogleDnn] = "GoogleDNN", [BaselineFamily.Senet] = "SENET", [BaselineFamily.Bst] = "BST", [BaselineFamily.Mind] = "MIND",
    };

    // The paper's figure does not name its dimensions.
    private static readonly int[] EmbeddingDimensions = [4, 8, 16, 32, 64];

    public static IReadOnlyList<TablePlan> Tables { get; } =
    [
        new("table4", "Table 4: AutoTower and baselines under low, medium and high complexity", All, _ =>
        [
            .. Scenarios.SelectMany(scenario => (IEnumerable<MethodPlan>)[.. Baselines(scenario.Name), Limited(scenario.Name)]),
            Floor(BaselineCatalog.MostPopular, "most popular"),
            Floor(BaselineCatalog.ItemNeighbours, "item neighbours"),
        ]),
        new("table5", "Table 5: search strategies under medium limits", Ablation, _ =>
        [
            Strategy("random", "random search"), Strategy("rl", "reinforcement learning"), Strategy("nasp", "NASP"),
            Limited("m") with { Label = "AutoTower (evolution)", Printed = data => PrintedResults.Table5("evolution", data) },
        ]),
        new("table6", "Table 6: without limits and with low limits", Ablation, _ =>
        [
            Unlimited with { Printed = data => PrintedResults.Table6(false, data) },
            Limited("l") with { Label = "with limits (L)", Printed = data => PrintedResults.Table6(true, data) },
        ]),
        new("table7", "Table 7: the paper's architectures trained here, and ours", All, data =>
        [
            .. data.Where(PrintedResults.Architectures.ContainsKey).Select(source =>
                Printed(source) with { Printed = target => target == source ? PrintedResults.Table7(source) : null }),
            Limited("m"),
        ]),
        new("table8", "Table 8: different limits for the two towers", Ablation, _ =>
        [
            Towers("user-l-item-h", "user tower L, item tower H", Scenarios[0], Scenarios[2], isUserLow: true),
            Towers("user-h-item-l", "user tower H, item tower L", Scenarios[2], Scenarios[0], isUserLow: false),
        ]),
        new("table9", "Table 9: architectures moved between data sets", All, data =>
        [
            .. PrintedResults.Architectures.Keys.Select(source =>
                Printed(source) with { Printed = target => PrintedResults.Table9(source, target) }),
            .. data.Select(source => new MethodPlan($"found-{source}", $"found here on {source} (M)", "train")
            {
                Source = (source, Limited("m")),
            }),
        ]),
        new("figure3", "Figure 3: numbers of choice blocks under low limits", All, _ => [.. Enumerable.Range(3, 5).Select(Blocks)])
        {
            Axis = "choice blocks of each tower",
        },
        new("figure4", "Figure 4: embedding dimensions without limits", Ablation, _ => [.. EmbeddingDimensions.Select(Embedding)])
        {
            Axis = "embedding dimension",
        },
    ];

    private static MethodPlan Unlimited => new("autotower-unlimited", "without limits", "search");

    private static IEnumerable<MethodPlan> Baselines(string scenario) =>
        from baseline in BaselineCatalog.Trained
        where baseline.Name.EndsWith($"-{scenario}", StringComparison.Ordinal)
        select new MethodPlan(baseline.Name, $"{BaselineLabels[baseline.Family]} {scenario.ToUpperInvariant()}", "train", "--model", baseline.Name)
        {
            Scenario = scenario,
            IsBaseline = true,
            Printed = data => PrintedResults.Table4(baseline.Name, data),
        };

    private static MethodPlan Floor(string name, string label) => new(name, label, "train", "--model", name);

    private static MethodPlan Limited(string scenario) =>
        new($"autotower-{scenario}", $"AutoTower {scenario.ToUpperInvariant()}", "search", Limits(scenario))
        {
            Scenario = scenario,
            Printed = data => PrintedResults.Table4($"autotower-{scenario}", data),
        };

    private static MethodPlan Strategy(string strategy, string label) =>
        new($"{strategy}-m", label, "search", [.. Limits("m"), "--strategy", strategy])
        {
            Printed = data => PrintedResults.Table5(strategy, data),
        };

    private static MethodPlan Towers(
        string name, string label, (string Name, string Parameters, string Flops) user, (string Name, string Parameters, string Flops) item, bool isUserLow) =>
        new(
            $"autotower-{name}",
            label,
            "search",
            "--max-user-params",
            user.Parameters,
            "--max-user-flops",
            user.Flops,
            "--max-item-params",
            item.Parameters,
            "--max-item-flops",
            item.Flops)
        {
            Printed = data => PrintedResults.Table8(isUserLow, data),
        };

    private static MethodPlan Printed(string source) =>
        new($"paper-{source}", $"the paper's for {source}", "train", "--architecture", PrintedResults.Architectures[source]);

    // The default is five blocks, so that cell is the one of Table 4.
    private static MethodPlan Blocks(int count) => count == 5
        ? Limited("l") with { Label = "5 blocks", X = count, Scenario = null, Printed = _ => null }
        : new MethodPlan(
            $"autotower-l-{count}-blocks", $"{count} blocks", "search", [.. Limits("l"), "--user-blocks", $"{count}", "--item-blocks", $"{count}"]) { X = count };

    // Limits would tell more about the alignment, which grows with the dimension, than about the dimension.
    private static MethodPlan Embedding(int dimension) => dimension == 16
        ? Unlimited with { Label = "E = 16", X = dimension }
        : new MethodPlan($"autotower-e{dimension}", $"E = {dimension}", "search", "--embedding-dim", $"{dimension}") { X = dimension };

    private static string[] Limits(string scenario)
    {
        var (_, parameters, flops) = Scenarios.First(other => other.Name == scenario);
        return ["--max-params", parameters, "--max-flops", flops];
    }
}
