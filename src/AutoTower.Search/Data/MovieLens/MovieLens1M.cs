using AutoTower.Search.Data.Parsing;

namespace AutoTower.Search.Data.MovieLens;

/// <summary>
/// Reader of MovieLens-1M as published: users.dat, movies.dat and ratings.dat. Only movies that occur in ratings.dat become items
/// (3,706 of 3,883), in the order of movies.dat.
/// </summary>
internal static class MovieLens1M
{
    public const string Published = "as published by GroupLens at https://grouplens.org/datasets/movielens/1m/";
    private const string Separator = "::";
    private const int Occupations = 21;

    public static readonly WantedFile[] Files = ["ratings.dat", "users.dat", "movies.dat"];

    /// <summary>The published age codes: the lowest age of each group.</summary>
    private static readonly int[] AgeCodes = [1, 18, 25, 35, 45, 50, 56];

    /// <summary>Reads the files of a directory.</summary>
    /// <exception cref="DataException">A file is missing or malformed.</exception>
    public static Dataset Read(string directory, DatasetSchema schema)
    {
        var users = new IdMap("user", "users.dat");
        var userFields = ReadUsers(directory, schema, users);
        var listed = new IdMap("movie", "movies.dat");
        var movies = ReadMovies(directory, listed);
        var interactions = new InteractionBuilder();
        var ratings = DelimitedFile.Read(Path.Combine(directory, "ratings.dat"), Separator, "user", "movie", "rating", "timestamp");
        while (ratings.MoveNext())
        {
            interactions.AddRating(ratings, users, listed);
        }

        // Row in movies.dat -> dense item id, 0 for movies nobody rated.
        var itemIds = new int[listed.Count];
        for (var interaction = 0; interaction < interactions.Count; interaction++)
        {
            itemIds[interactions.Item(interaction)] = 1;
        }

        int[] rated = [0, .. Enumerable.Range(0, listed.Count).Where(movie => itemIds[movie] == 1)];
        for (var item = 1; item < rated.Length; item++)
        {
            itemIds[rated[item]] = item;
        }

        return new Dataset(
            schema.Name,
            new FeatureTable("user", users.Count, userFields),
            new FeatureTable("item", rated.Length, ItemFields(schema, rated, movies)),
            interactions.Build(users.Count, itemIds: itemIds),
            schema.HistoryLength,
            schema.HistoryFieldIndices(),
            users.Keys,
            [.. rated.Select(movie => listed.Keys[movie])],
            [.. rated.Select(movie => movies[movie].Title)]);
    }

    private static FeatureField[] ReadUsers(string directory, DatasetSchema schema, IdMap users)
    {
        var (genders, ages, occupations) = (FieldBuilder.Single(), FieldBuilder.Single(), FieldBuilder.Single());
        var file = DelimitedFile.Read(
            Path.Combine(directory, "users.dat"), Separator, "user", "gender", "age", "occupation", "zip code");
        while (file.MoveNext())
        {
            users.Add(file, 0);
            genders.Add(MovieFields.Gender(file, 1));
            var age = file.Number(2, 0, int.MaxValue);
            var group = Array.IndexOf(AgeCodes, (int)age) + 1;
            ages.Add(group > 0 ? group : throw file.Error($"age {age} is not one of the codes {string.Join(", ", AgeCodes)}"));
            occupations.Add((int)file.Number(3, 0, Occupations - 1) + 1);
        }

        return
        [
            FieldBuilder.Identity(schema.UserFields[0], users.Count),
            new(schema.UserFields[1], AgeCodes.Length + 1, [.. ages]),
            new(schema.UserFields[2], MovieFields.GenderCardinality, [.. genders]),
            new(schema.UserFields[3], Occupations + 1, [.. occupations]),
        ];
    }

    /// <summary>Every row of movies.dat under its <see cref="IdMap"/> id; entry 0 is padding.</summary>
    private static List<Movie> ReadMovies(string directory, IdMap listed)
    {
        var movies = new List<Movie> { new("", []) };
        var file = DelimitedFile.Read(Path.Combine(directory, "movies.dat"), Separator, "movie", "title", "genres");
        while (file.MoveNext())
        {
            listed.Add(file, 0);
            var genres = file.Text(2).Split('|');
            if (genres.Any(string.IsNullOrWhiteSpace))
            {
                throw file.Error($"genres '{file.Text(2)}' are not names separated by |");
            }

            movies.Add(new Movie(file.Text(1), genres));
        }

        return movies;
    }

    private static FeatureField[] ItemFields(DatasetSchema schema, int[] rated, List<Movie> movies)
    {
        // movies.dat lists no vocabulary: the names that occur, in alphabetical order.
        var genreIds = movies.SelectMany(movie => movie.Genres).Distinct().Order(StringComparer.Ordinal)
            .Select((name, index) => (name, index)).ToDictionary(genre => genre.name, genre => genre.index + 1);
        var years = FieldBuilder.Single();
        var genres = FieldBuilder.Sets();
        foreach (var movie in rated.Skip(1).Select(row => movies[row]))
        {
            years.Add(MovieFields.YearBucket(YearInTitle(movie.Title)));
            foreach (var genre in movie.Genres)
            {
                genres.Add(genreIds[genre]);
            }

            genres.EndEntity();
        }

        return
        [
            FieldBuilder.Identity(schema.ItemFields[0], rated.Length),
            MovieFields.YearField(schema.ItemFields[1], years),
            genres.Build(schema.ItemFields[2], genreIds.Count + 1),
        ];
    }

    /// <summary>The year at the end of a title such as "Toy Story (1995)", null where there is none.</summary>
    private static int? YearInTitle(string title) =>
        title.Length >= 6 && title[^6] == '(' && title[^1] == ')' && title.AsSpan(title.Length - 5, 4).IndexOfAnyExceptInRange('0', '9') < 0
            ? int.Parse(title.AsSpan(title.Length - 5, 4))
            : null;

    private sealed record Movie(string Title, string[] Genres);
}
