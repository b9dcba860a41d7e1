namespace AutoTower.Search.Data;

/// <summary>What the paper's Table 2 says of a data set, to hold a prepared one against.</summary>
/// <param name="Users">Number of users.</param>
/// <param name="Items">Number of items.</param>
/// <param name="Interactions">Number of records.</param>
public sealed record PaperCounts(int Users, int Items, int Interactions)
{
    private static readonly Dictionary<string, PaperCounts> Table = new()
    {
        ["ml-100k"] = new(943, 1_682, 100_000),
        ["ml-1m"] = new(6_040, 3_706, 1_000_209),
        ["yelp"] = new(60_543, 74_249, 2_880_522),
        ["amazon-books"] = new(165_036, 159_551, 5_073_469),
    };

    /// <summary>The counts of a preset; null for one that is not in the table.</summary>
    public static PaperCounts? Of(string preset) => Table.GetValueOrDefault(preset);
}
