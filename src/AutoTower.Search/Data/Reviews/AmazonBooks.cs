using AutoTower.Search.Data.Features;
using AutoTower.Search.Data.Parsing;
using AutoTower.Search.Data.Preparation;
using AutoTower.Search.Data.Tables;

namespace AutoTower.Search.Data.Reviews;

/// <summary>
/// Reader of the Amazon reviews of books as published (of 2014 or 2018): reviews and metadata as JSON lines, plain or gzip-compressed. Without
/// metadata prices are unknown.
/// </summary>
internal static class AmazonBooks
{
    public const string Published = "as published at https://nijianmo.github.io/amazon/";

    // SPEC.md, Data: the published preprocessing asks less of items.
    private const int PriceBins = 50;

    public static readonly CoreThresholds Thresholds = new(20, 10);
    public static readonly WantedFile Reviews = WantedFile.PlainOrGzip("Books_5.json", "Books.json", "reviews_Books_5.json", "reviews_Books.json");
    public static readonly WantedFile Metadata = WantedFile.PlainOrGzip("meta_Books.json") with { IsOptional = true };

    /// <summary>Reads the files, users and items with too few reviews left out.</summary>
    /// <exception cref="DataException">A file is malformed, or no review is left.</exception>
    public static Dataset Read(string reviews, string? metadata, DatasetSchema schema, CoreThresholds thresholds)
    {
        var (userIds, itemIds, log) = ReadReviews(reviews, thresholds);
        var price = new PriceColumn(schema.ItemFields[1], itemIds.Count, PriceBins);
        string[]? titles = null;
        if (metadata is not null)
        {
            // The metadata of 2018 have some books twice.
            using var table = new JsonLinesReader(metadata, "asin", "price", "title");
            titles = FeatureSource.Read(itemIds, table, [new FeatureSource(1, price)], titleColumn: 2, firstRowCounts: true);
        }

        return new Dataset(
            schema.Name,
            FeatureSource.Table(userIds, schema.UserFields[0], []),
            FeatureSource.Table(itemIds, schema.ItemFields[0], [price]),
            log,
            schema.HistoryLength,
            schema.HistoryFieldIndices(),
            userIds.Keys(),
            itemIds.Keys(),
            titles);
    }

    private static (EntityIds Users, EntityIds Items, InteractionLog Log) ReadReviews(string path, CoreThresholds thresholds)
    {
        using var table = new JsonLinesReader(path, "reviewerID", "asin", "unixReviewTime");
        return InteractionSource.Read(table, hasTime: true, hasWeight: false).Filter("amazon-books", thresholds);
    }
}
