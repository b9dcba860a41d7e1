using System.CommandLine;
using AutoTower.Search.Benchmarks.Growth;
using AutoTower.Search.Space;

namespace AutoTower.Cli.Options;

/// <summary>The shape around which <c>bench growth</c> varies one quantity at a time; the batch is an option of training.</summary>
internal sealed class GrowthShapeOptions
{
    private static readonly GrowthShape Defaults = new();

    private readonly Option<int> _users = NumberOption.Positive("--users", "Users of the synthetic data.", Defaults.Users);
    private readonly Option<int> _items = NumberOption.Positive("--items", "Items, where they do not grow.", Defaults.Items);
    private readonly Option<int> _interactions = NumberOption.Positive("--interactions", "Interactions of the synthetic data.", Defaults.Interactions);

    private readonly Option<int> _history = NumberOption.Within(
        "--history", "History length L, where it does not grow.", Defaults.HistoryLength, 1, DataOptions.MostHistory);

    private readonly Option<int> _blocks = NumberOption.Within(
        "--blocks", "Choice blocks a tower, where they do not grow.", Defaults.Blocks, SearchSpace.MinimumBlocks, SearchSpace.MaximumBlocks);

    public void AddTo(Command command)
    {
        Option[] options = [_users, _items, _interactions, _history, _blocks];
        foreach (var option in options)
        {
            command.Options.Add(option);
        }
    }

    public GrowthShape Read(ParseResult parsed, int batchSize) => new()
    {
        Users = parsed.GetValue(_users),
        Items = parsed.GetValue(_items),
        Interactions = parsed.GetValue(_interactions),
        HistoryLength = parsed.GetValue(_history),
        Blocks = parsed.GetValue(_blocks),
        BatchSize = batchSize,
    };
}
