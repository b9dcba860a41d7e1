using System.Buffers.Text;
using AutoTower.Search.Data.Parsing;

namespace AutoTower.Search.Data.MovieLens;

/// <summary>Reader of MovieLens-100K as published: u.data, u.user, u.item, u.genre and u.occupation.</summary>
internal static class MovieLens100K
{
    public const string Published = "as published by GroupLens at https://grouplens.org/datasets/movielens/100k/";
    private const int FirstGenreColumn = 5;

    public static readonly WantedFile[] Files = ["u.data", "u.user", "u.item", "u.genre", "u.occupation"];

    /// <summary>Lower ends of the age groups (SPEC.md, Data) under 60; group 1 is below the first, the last from 60 on.</summary>
    private static readonly int[] AgeGroupStarts = [1, 8, 17, 30, 40, 50, 60];

    /// <summary>Reads the files of a directory; dense ids in file order.</summary>
    /// <exception cref="DataException">A file is missing or malformed.</exception>
    public static Dataset Read(string directory, DatasetSchema schema)
    {
        var users = new IdMap("user", "u.user");
        var userFields = ReadUsers(directory, schema, users);
        var movies = new IdMap("movie", "u.item");
        var titles = new List<string> { "" };
        var itemFields = ReadItems(directory, schema, movies, titles);
        var interactions = new InteractionBuilder();
        var ratings = DelimitedFile.Read(Path.Combine(directory, "u.data"), "\t", "user", "movie", "rating", "timestamp");
        while (ratings.MoveNext())
        {
            interactions.AddRating(ratings, users, movies);
        }

        return new Dataset(
            schema.Name,
            new FeatureTable("user", users.Count, userFields),
            new FeatureTable("item", movies.Count, itemFields),
            interactions.Build(users.Count),
            schema.HistoryLength,
            schema.HistoryFieldIndices(),
            users.Keys,
            movies.Keys,
            titles);
    }

    /// <summary>Age group 1 .. 8 (SPEC.md, Data): below 1, 1-7, 8-16, 17-29, 30-39, 40-49, 50-59, else.</summary>
    internal static int AgeGroup(long age) => 1 + AgeGroupStarts.Count(start => age >= start);

    private static FeatureField[] ReadUsers(string directory, DatasetSchema schema, IdMap users)
    {
        const int MaximumAge = 150;
        var occupationIds = ReadOccupations(directory);
        var (ages, genders, occupations) = (FieldBuilder.Single(), FieldBuilder.Single(), FieldBuilder.Single());
        var file = DelimitedFile.Read(Path.Combine(directory, "u.user"), "|", "user", "age", "gender", "occupation", "zip code");
        while (file.MoveNext())
        {
            users.Add(file, 0);
            ages.Add(AgeGroup(file.Number(1, 0, MaximumAge)));
            genders.Add(MovieFields.Gender(file, 2));
            var occupation = file.Text(3);
            occupations.Add(occupationIds.TryGetValue(occupation, out var id)
                ? id
                : throw file.Error($"occupation '{occupation}' is not in u.occupation"));
        }

        return
        [
            FieldBuilder.Identity(schema.UserFields[0], users.Count),
            new(schema.UserFields[1], AgeGroupStarts.Length + 2, [.. ages]),
            new(schema.UserFields[2], MovieFields.GenderCardinality, [.. genders]),
            new(schema.UserFields[3], occupationIds.Count + 1, [.. occupations]),
        ];
    }

    private static Dictionary<string, int> ReadOccupations(string directory)
    {
        var ids = new Dictionary<string, int>();
        var file = DelimitedFile.Read(Path.Combine(directory, "u.occupation"), "|", "occupation");
        while (file.MoveNext())
        {
            var occupation = file.Text(0);
            if (!ids.TryAdd(occupation, ids.Count + 1))
            {
                throw file.Error($"occupation '{occupation}' stands in an earlier line already");
            }
        }

        return ids;
    }

    private static FeatureField[] ReadItems(string directory, DatasetSchema schema, IdMap movies, List<string> titles)
    {
        var genreNames = ReadGenres(directory);
        var years = FieldBuilder.Single();
        var genres = FieldBuilder.Sets();
        string[] columns = ["movie", "title", "release date", "video release date", "IMDb URL", .. genreNames];
        var file = DelimitedFile.Read(Path.Combine(directory, "u.item"), "|", columns);
        while (file.MoveNext())
        {
            movies.Add(file, 0);
            titles.Add(file.Text(1));
            years.Add(MovieFields.YearBucket(ReleaseYear(file, 2)));
            for (var genre = 0; genre < genreNames.Count; genre++)
            {
                if (file.Number(FirstGenreColumn + genre, 0, 1) == 1)
                {
                    genres.Add(genre + 1);
                }
            }

            genres.EndEntity();
        }

        return
        [
            FieldBuilder.Identity(schema.ItemFields[0], movies.Count),
            MovieFields.YearField(schema.ItemFields[1], years),
            genres.Build(schema.ItemFields[2], genreNames.Count + 1),
        ];
    }

    /// <summary>
    /// The genre names in the order of the flags in u.item, which is that of the rows. The number in each row repeats that order and
    /// decides nothing: copies of u.genre with a damaged number ("Mystery|1318" for 13) are in use and mean the same data.
    /// </summary>
    private static List<string> ReadGenres(string directory)
    {
        var names = new List<string>();
        var file = DelimitedFile.Read(Path.Combine(directory, "u.genre"), "|", "genre", "number");
        while (file.MoveNext())
        {
            file.Number(1, 0, int.MaxValue);
            names.Add(file.Text(0));
        }

        return names;
    }

    /// <summary>The year of a date such as 01-Jan-1995, null where there is no date.</summary>
    private static int? ReleaseYear(DelimitedFile file, int column)
    {
        var date = file.Field(column);
        if (date.IsEmpty)
        {
            return null;
        }

        var year = date[(date.LastIndexOf((byte)'-') + 1)..];
        return year.Length == 4 && year.Length < date.Length && Utf8Parser.TryParse(year, out int value, out var used) && used == 4
            ? value
            : throw file.Error($"release date '{SourceFile.Quote(date)}' is not of the form 01-Jan-1995");
    }
}
