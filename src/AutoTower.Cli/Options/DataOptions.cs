using System.CommandLine;
using System.CommandLine.Parsing;
using AutoTower.Search.Data;

namespace AutoTower.Cli.Options;

/// <summary>The options that choose a data set.</summary>
internal sealed class DataOptions
{
    /// <summary>The option that presets depend on.</summary>
    public const string DataName = "--data";

    /// <summary>The option of the cache of prepared data.</summary>
    public const string CacheName = "--data-cache";

    /// <summary>Longest history of the synthetic data set.</summary>
    public const int MostHistory = 1000;

    private static readonly SyntheticOptions SyntheticDefaults = new();

    private readonly Option<string> _data = NameOption("Data set", "synthetic");

    private readonly Option<string?> _directory = new("--data-dir") { Description = "Folder with the files of the data set." };

    private readonly Option<int?> _minimumUserRecords = NumberOption.OptionalPositive(
        "--min-user-records", "Leave out users with fewer records (yelp, amazon-books, schema files), iteratively together with the next.");

    private readonly Option<int?> _minimumItemRecords = NumberOption.OptionalPositive(
        "--min-item-records", "Leave out items with fewer records (yelp, amazon-books, schema files).");

    private readonly Option<bool> _cache = new(CacheName)
    {
        Description = "Keep the prepared form of yelp, amazon-books and schema files in the cache folder (AUTOTOWER_CACHE).",
        DefaultValueFactory = _ => true,
    };

    private readonly Option<SplitProtocol> _split = ChoiceOption.Create(
        "--split",
        "paper (first 75 % of a user shuffled into train and validation, last 25 % test) or temporal (50/25/25 in time order).",
        SplitProtocol.Paper);

    private readonly Option<int> _users = NumberOption.Positive("--users", "Users of the synthetic data set.", SyntheticDefaults.Users);
    private readonly Option<int> _items = NumberOption.Positive("--items", "Items of the synthetic data set.", SyntheticDefaults.Items);

    private readonly Option<int> _interactions = NumberOption.Positive(
        "--interactions", "Interactions of the synthetic data set.", SyntheticDefaults.Interactions);

    private readonly Option<int> _history = NumberOption.Within(
        "--history", "History length L of the synthetic data set.", SyntheticDefaults.HistoryLength, 1, MostHistory);

    private readonly Option<ulong> _seed = NumberOption.Seed(
        "--seed", "Seed of the split, the initial weights and everything else that is random.");

    /// <summary>The option <c>--data</c>, whose value is the data set in its one spelling.</summary>
    public static Option<string> NameOption(string purpose, string value) => new(DataName)
    {
        Description = $"{purpose}: {string.Join(", ", DatasetPresets.Names)}, a schema file of own data (.json), or a sequence file (.txt); see docs/data.md.",
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
        command.Options.Add(_minimumUserRecords);
        command.Options.Add(_minimumItemRecords);
        command.Options.Add(_cache);
        command.Options.Add(_split);
        command.Options.Add(_users);
        command.Options.Add(_items);
        command.Options.Add(_interactions);
        command.Options.Add(_history);
        command.Options.Add(_seed);
    }

    /// <summary>Loads or generates the data set. The synthetic one has its own fixed seed, so that --seed varies the run, not the task.</summary>
    /// <param name="parsed">The options.</param>
    /// <param name="error">Told what a person should know.</param>
    public Dataset Load(ParseResult parsed, TextWriter error) => DatasetPresets.Load(
        Name(parsed),
        parsed.GetValue(_directory),
        new SyntheticOptions
        {
            Users = parsed.GetValue(_users),
            Items = parsed.GetValue(_items),
            Interactions = parsed.GetValue(_interactions),
            HistoryLength = parsed.GetValue(_history),
        },
        new PreparationOptions
        {
            MinimumUserRecords = parsed.GetValue(_minimumUserRecords),
            MinimumItemRecords = parsed.GetValue(_minimumItemRecords),
            UseCache = parsed.GetValue(_cache),
            Warning = warning => error.WriteLine($"autotower: {warning}"),
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
