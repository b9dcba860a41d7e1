using System.CommandLine;
using System.CommandLine.Parsing;
using AutoTower.Search.Data;

namespace AutoTower.Cli.Options;

/// <summary>The options that choose a data set.</summary>
internal sealed class DataOptions
{
    /// <summary>The option that presets depend on.</summary>
    public const string DataName = "--data";

    private static readonly SyntheticOptions SyntheticDefaults = new();

    private readonly Option<string> _data = NameOption("Data set", "synthetic");

    private readonly Option<string?> _directory = new("--data-dir") { Description = "Folder with the published files of the data set." };

    private readonly Option<SplitProtocol> _split = ChoiceOption.Create(
        "--split",
        "paper (first 75 % of a user shuffled into train and validation, last 25 % test) or temporal (50/25/25 in time order).",
        SplitProtocol.Paper);

    private readonly Option<int> _users = NumberOption.Positive("--users", "Users of the synthetic data set.", SyntheticDefaults.Users);
    private readonly Option<int> _items = NumberOption.Positive("--items", "Items of the synthetic data set.", SyntheticDefaults.Items);

    private readonly Option<int> _interactions = NumberOption.Positive(
        "--interactions", "Interactions of the synthetic data set.", SyntheticDefaults.Interactions);

    private readonly Option<ulong> _seed = NumberOption.Seed(
        "--seed", "Seed of the split, the initial weights and everything else that is random.");

    /// <summary>The option <c>--data</c>, whose value is the data set in its one spelling.</summary>
    public static Option<string> NameOption(string purpose, string value) => new(DataName)
    {
        Description = $"{purpose}: {string.Join(", ", DatasetPresets.Names)}, or a sequence file (.txt).",
        DefaultValueFactory = _ => value,
        CustomParser = Resolve,
    };

    public string Name(ParseResult parsed) => parsed.GetValue(_data)!;

    public SplitProtocol Split(ParseResult parsed) => parsed.GetValue(_split);

    public ulong Seed(ParseResult parsed) => parsed.GetValue(_seed);

    public void AddTo(Command command)
    {
        command.Options.Add(_data);
        command.Options.Add(_directory);
        command.Options.Add(_split);
        command.Options.Add(_users);
        command.Options.Add(_items);
        command.Options.Add(_interactions);
        command.Options.Add(_seed);
    }

    /// <summary>Loads or generates the data set. The synthetic one has its own fixed seed, so that --seed varies the run, not the task.</summary>
    public Dataset Load(ParseResult parsed) => DatasetPresets.Load(Name(parsed), parsed.GetValue(_directory), new SyntheticOptions
    {
        Users = parsed.GetValue(_users),
        Items = parsed.GetValue(_items),
        Interactions = parsed.GetValue(_interactions),
    });

    // Presets, run folders and configurations need to know no other spelling.
    private static string? Resolve(ArgumentResult result)
    {
        try
        {
            return DatasetPresets.Resolve(result.Tokens[0].Value);
        }
        catch (DataException failure)
        {
            result.AddError(failure.Message);
            return null;
        }
    }
}
