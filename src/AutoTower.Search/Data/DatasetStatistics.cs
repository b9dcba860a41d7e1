namespace AutoTower.Search.Data;

/// <summary>One field in <see cref="DatasetStatistics"/>.</summary>
/// <param name="Entity">"user" or "item".</param>
/// <param name="Name">Field name.</param>
/// <param name="Cardinality">Embedding rows, padding row 0 included.</param>
/// <param name="IsMultiValued">Whether an entity has a set of values.</param>
/// <param name="InHistory">Whether the history uses the field.</param>
public sealed record FieldStatistics(string Entity, string Name, int Cardinality, bool IsMultiValued, bool InHistory);

/// <summary>What `autotower data` tells about a data set and one of its splits.</summary>
public sealed record DatasetStatistics
{
    /// <summary>Preset name.</summary>
    public required string Name { get; init; }

    /// <summary>Number of users, padding not counted.</summary>
    public required int Users { get; init; }

    /// <summary>Number of items, padding not counted.</summary>
    public required int Items { get; init; }

    /// <summary>Number of interactions.</summary>
    public required int Interactions { get; init; }

    /// <summary>Interactions / (users x items), 0 .. 1 where no pair occurs twice.</summary>
    public required double Density { get; init; }

    /// <summary>Mean number of interactions of a user.</summary>
    public required double MeanSequenceLength { get; init; }

    /// <summary>Median number of interactions of a user.</summary>
    public required double MedianSequenceLength { get; init; }

    /// <summary>Most interactions of one user.</summary>
    public required int LongestSequence { get; init; }

    /// <summary>All fields, the users' first.</summary>
    public required IReadOnlyList<FieldStatistics> Fields { get; init; }

    /// <summary>The split that the following numbers describe.</summary>
    public required SplitProtocol Protocol { get; init; }

    /// <summary>Training interactions.</summary>
    public required int Train { get; init; }

    /// <summary>Validation interactions.</summary>
    public required int Validation { get; init; }

    /// <summary>Test interactions.</summary>
    public required int Test { get; init; }

    /// <summary>Users with at least one test interaction.</summary>
    public required int TestUsers { get; init; }

    /// <summary>Share of the training interactions whose history is empty, 0 .. 1.</summary>
    public required double EmptyHistoryShare { get; init; }

    /// <summary>Items that no training interaction has.</summary>
    public required int ItemsUnseenInTraining { get; init; }

    /// <summary>Share of the test interactions whose item no training interaction has, 0 .. 1.</summary>
    public required double UnseenTestShare { get; init; }

    /// <summary>Counts everything.</summary>
    /// <param name="dataset">The data.</param>
    /// <param name="split">A split of these data.</param>
    /// <returns>The statistics.</returns>
    public static DatasetStatistics Compute(Dataset dataset, DataSplit split)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(split);
        var (users, items) = (dataset.Users.Count - 1, dataset.Items.Count - 1);
        var log = dataset.Interactions;
        int[] lengths = [.. Enumerable.Range(1, users).Select(user => log.Offsets[user + 1] - log.Offsets[user]).Order()];
        var inTraining = new bool[dataset.Items.Count];
        foreach (var interaction in split.Train)
        {
            inTraining[log.Items[interaction]] = true;
        }

        return new DatasetStatistics
        {
            Name = dataset.Name,
            Users = users,
            Items = items,
            Interactions = log.Count,
            Density = Share(log.Count, (double)users * items),
            MeanSequenceLength = Share(log.Count, users),
            MedianSequenceLength = users == 0 ? 0 : (lengths[(users - 1) / 2] + lengths[users / 2]) / 2.0,
            LongestSequence = users == 0 ? 0 : lengths[^1],
            Fields =
            [
                .. dataset.Users.Fields.Select(field => Describe(dataset.Users, field, inHistory: false)),
                .. dataset.Items.Fields.Select((field, index) => Describe(dataset.Items, field, dataset.HistoryFields.Contains(index))),
            ],
            Protocol = split.Protocol,
            Train = split.Train.Length,
            Validation = split.Validation.Length,
            Test = split.Test.Length,
            TestUsers = split.FirstTestInteraction.Count(interaction => interaction >= 0),
            EmptyHistoryShare = Share(
                split.Train.Count(interaction => interaction == log.Offsets[log.Users[interaction]]), split.Train.Length),
            ItemsUnseenInTraining = inTraining.Skip(1).Count(seen => !seen),
            UnseenTestShare = Share(split.Test.Count(interaction => !inTraining[log.Items[interaction]]), split.Test.Length),
        };
    }

    private static FieldStatistics Describe(FeatureTable table, FeatureField field, bool inHistory) =>
        new(table.Entity, field.Name, field.Cardinality, field.IsMultiValued, inHistory);

    private static double Share(int part, double whole) => whole == 0 ? 0 : part / whole;
}
