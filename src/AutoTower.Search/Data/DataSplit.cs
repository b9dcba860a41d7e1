namespace AutoTower.Search.Data;

/// <summary>Interaction indices (into <see cref="InteractionLog"/>) of training, validation and test (SPEC.md, Data).</summary>
public sealed class DataSplit
{
    private const ulong ShuffleStream = 1;

    private DataSplit(SplitProtocol protocol, int[] train, int[] validation, int[] test, int[] firstTestInteraction)
    {
        Protocol = protocol;
        Train = train;
        Validation = validation;
        Test = test;
        FirstTestInteraction = firstTestInteraction;
    }

    /// <summary>How the parts were made.</summary>
    public SplitProtocol Protocol { get; }

    /// <summary>Training interactions: shuffled over all users under <see cref="SplitProtocol.Paper"/>, else in log order.</summary>
    public int[] Train { get; }

    /// <summary>Validation interactions: shuffled over all users under <see cref="SplitProtocol.Paper"/>, else in log order.</summary>
    public int[] Validation { get; }

    /// <summary>Test interactions, the last of each user, in log order.</summary>
    public int[] Test { get; }

    /// <summary>Per dense user id: index of the user's earliest test interaction, or -1 where the user has none (so for 0).</summary>
    public int[] FirstTestInteraction { get; }

    /// <summary>Splits a data set; the same seed gives the same split on every machine.</summary>
    /// <param name="dataset">The data.</param>
    /// <param name="protocol">How to divide.</param>
    /// <param name="seed">Shuffles the pool under <see cref="SplitProtocol.Paper"/>; without effect otherwise.</param>
    /// <returns>Disjoint parts that together hold every interaction.</returns>
    public static DataSplit Create(Dataset dataset, SplitProtocol protocol, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        var offsets = dataset.Interactions.Offsets;
        var pool = new List<int>(dataset.Interactions.Count);
        var validation = new List<int>();
        var test = new List<int>();
        var firstTest = new int[dataset.Users.Count];
        firstTest[0] = -1;
        for (var user = 1; user < dataset.Users.Count; user++)
        {
            var (start, count) = (offsets[user], offsets[user + 1] - offsets[user]);
            var testStart = (int)(count * 3L / 4);
            var validationStart = protocol == SplitProtocol.Temporal ? count / 2 : testStart;
            pool.AddRange(Enumerable.Range(start, validationStart));
            validation.AddRange(Enumerable.Range(start + validationStart, testStart - validationStart));
            test.AddRange(Enumerable.Range(start + testStart, count - testStart));
            firstTest[user] = testStart < count ? start + testStart : -1;
        }

        if (protocol == SplitProtocol.Temporal)
        {
            return new DataSplit(protocol, [.. pool], [.. validation], [.. test], firstTest);
        }

        var shuffled = pool.ToArray();
        new SplitMix64(seed, ShuffleStream).Shuffle(shuffled);
        var cut = (int)(shuffled.Length * 2L / 3);
        return new DataSplit(protocol, shuffled[..cut], shuffled[cut..], [.. test], firstTest);
    }
}
