using AutoTower.Search.Data.Parsing;

namespace AutoTower.Search.Data.MovieLens;

/// <summary>What both MovieLens data sets share: the year buckets, gender, ratings, and how the parts become a data set.</summary>
internal static class MovieFields
{
    /// <summary>Rows of the gender field: padding, female, male.</summary>
    public const int GenderCardinality = 3;

    /// <summary>Year bucket (SPEC.md, Data): unknown 0, before 1900 1, else (year - 1900) / 10.</summary>
    public static int YearBucket(int? year) => year switch
    {
        null => 0,
        < 1900 => 1,
        _ => (year.Value - 1900) / 10,
    };

    /// <summary>1 for F, 2 for M.</summary>
    /// <exception cref="DataException">Neither.</exception>
    public static int Gender(DelimitedFile file, int column) => file.Field(column) switch
    {
        [(byte)'F'] => 1,
        [(byte)'M'] => 2,
        var other => throw file.Error($"gender '{SourceFile.Quote(other)}' is neither M nor F"),
    };

    /// <summary>
    /// Adds the interaction in the current row, whose columns are user, movie, rating, timestamp. The rating only has to be a number
    /// from 0 (unknown) to 5: every interaction is a positive.
    /// </summary>
    /// <exception cref="DataException">A field is not as it should be.</exception>
    public static void AddRating(this InteractionBuilder interactions, DelimitedFile file, IdMap users, IdMap movies)
    {
        const int HighestRating = 5;
        file.Number(2, 0, HighestRating);
        interactions.Add(users.Find(file, 0), movies.Find(file, 1), file.Number(3, 0, long.MaxValue));
    }

    /// <summary>A single-valued field with as many rows as its largest value asks for.</summary>
    public static FeatureField YearField(string name, List<int> buckets) => new(name, buckets.Max() + 1, [.. buckets]);
}
