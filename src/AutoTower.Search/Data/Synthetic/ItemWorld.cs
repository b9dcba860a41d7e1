using AutoTower.Search.Data.Parsing;

namespace AutoTower.Search.Data.Synthetic;

/// <summary>
/// The items and the latent structure behind them: a ring of tastes, each cut into cells of a few similar items. Items are laid out by
/// cell, so that a cell, a taste and the whole are contiguous positions. A taste shows in the genres, a cell in the era.
/// </summary>
internal sealed class ItemWorld
{
    public const int Tastes = 12;
    private const int ItemsPerCell = 16;
    private const int Eras = 8;
    private const double ZipfOffset = 8;

    private readonly int[] itemAt;
    private readonly int[] cellAt;
    private readonly int[] tasteOfCell;
    private readonly PopularityTable byCell;
    private readonly PopularityTable byTaste;
    private readonly PopularityTable overall;

    public ItemWorld(int items, ref SplitMix64 random)
    {
        // A taste without items would leave nothing to draw: few items mean few tastes.
        TasteCount = Math.Min(Tastes, items);
        var tasteStarts = EvenCuts(items, TasteCount);
        var cellsPerTaste = Math.Max(1, items / TasteCount / ItemsPerCell);
        CellCount = TasteCount * cellsPerTaste;
        var cellStarts = new int[CellCount + 1];
        tasteOfCell = new int[CellCount];
        for (var taste = 0; taste < TasteCount; taste++)
        {
            var cuts = EvenCuts(tasteStarts[taste + 1] - tasteStarts[taste], cellsPerTaste);
            for (var cell = 0; cell < cellsPerTaste; cell++)
            {
                cellStarts[(taste * cellsPerTaste) + cell] = tasteStarts[taste] + cuts[cell];
                tasteOfCell[(taste * cellsPerTaste) + cell] = taste;
            }
        }

        cellStarts[CellCount] = items;
        cellAt = new int[items];
        for (var cell = 0; cell < CellCount; cell++)
        {
            cellAt.AsSpan(cellStarts[cell]..cellStarts[cell + 1]).Fill(cell);
        }

        itemAt = [.. Enumerable.Range(1, items)];
        random.Shuffle(itemAt);
        var weights = ZipfWeights(items, ref random);
        byCell = new PopularityTable(weights, cellStarts);
        byTaste = new PopularityTable(weights, tasteStarts);
        overall = new PopularityTable(weights, [0, items]);
    }

    /// <summary>Number of items.</summary>
    public int Count => itemAt.Length;

    /// <summary>Number of tastes: <see cref="Tastes"/>, or less where there are fewer items.</summary>
    public int TasteCount { get; }

    /// <summary>Number of cells; neighbouring cells are similar, the last is next to the first.</summary>
    public int CellCount { get; }

    /// <summary>Dense id of the item at a position.</summary>
    public int ItemAt(int position) => itemAt[position];

    /// <summary>The cell that a position belongs to.</summary>
    public int CellAt(int position) => cellAt[position];

    /// <summary>The taste that a cell belongs to.</summary>
    public int TasteOf(int cell) => tasteOfCell[cell];

    /// <summary>A position of the cell, by popularity.</summary>
    public int DrawFromCell(int cell, ref SplitMix64 random) => byCell.Draw(cell, ref random);

    /// <summary>A position of the taste, by popularity.</summary>
    public int DrawFromTaste(int taste, ref SplitMix64 random) => byTaste.Draw(taste, ref random);

    /// <summary>Any position, by popularity.</summary>
    public int DrawFromAll(ref SplitMix64 random) => overall.Draw(0, ref random);

    /// <summary>The item table: id, era, 1 to 3 genres with the main one first.</summary>
    public FeatureTable Table(DatasetSchema schema, ref SplitMix64 random)
    {
        const double TypicalEra = 0.7;
        var eraOfCell = new int[CellCount];
        foreach (ref var era in eraOfCell.AsSpan())
        {
            era = 1 + random.NextBelow(Eras);
        }

        var eras = new int[Count + 1];
        var genres = new GenreSet[Count + 1];
        for (var position = 0; position < Count; position++)
        {
            var cell = cellAt[position];
            eras[itemAt[position]] = random.NextUnit() < TypicalEra ? eraOfCell[cell] : 1 + random.NextBelow(Eras);
            genres[itemAt[position]] = DrawGenres(tasteOfCell[cell], ref random);
        }

        return new FeatureTable(
            "item",
            Count + 1,
            [
                FieldBuilder.Identity(schema.ItemFields[0], Count + 1),
                new(schema.ItemFields[1], Eras + 1, eras),
                GenreSet.Field(schema.ItemFields[2], Tastes + 1, genres),
            ]);
    }

    private static GenreSet DrawGenres(int taste, ref SplitMix64 random)
    {
        const double MainIsTypical = 0.85;
        const double SecondIsNeighbour = 0.5;
        const double HasRandomExtra = 0.25;
        var main = random.NextUnit() < MainIsTypical ? taste : random.NextBelow(Tastes);
        var genres = default(GenreSet).With(main + 1);
        if (random.NextUnit() < SecondIsNeighbour)
        {
            genres = genres.With(((taste + 1) % Tastes) + 1);
        }

        if (random.NextUnit() < HasRandomExtra)
        {
            genres = genres.With(random.NextBelow(Tastes) + 1);
        }

        return genres;
    }

    /// <summary>Zipf-like, 1 / (rank + offset), with ranks spread over all cells at random.</summary>
    private static double[] ZipfWeights(int items, ref SplitMix64 random)
    {
        int[] ranks = [.. Enumerable.Range(0, items)];
        random.Shuffle(ranks);
        return Array.ConvertAll(ranks, rank => 1 / (rank + ZipfOffset));
    }

    private static int[] EvenCuts(int length, int parts) =>
        [.. Enumerable.Range(0, parts + 1).Select(part => (int)((long)length * part / parts))];
}
