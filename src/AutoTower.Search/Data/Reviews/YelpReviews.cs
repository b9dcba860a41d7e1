using AutoTower.Search.Data.Features;
using AutoTower.Search.Data.Parsing;
using AutoTower.Search.Data.Preparation;
using AutoTower.Search.Data.Tables;

namespace AutoTower.Search.Data.Reviews;

/// <summary>
/// Reader of Yelp's open data set as published: reviews, businesses and users as JSON lines, plain or gzip-compressed. Without the file of users
/// their features are unknown.
/// </summary>
internal static class YelpReviews
{
    public const string Published = "as published by Yelp at https://www.yelp.com/dataset";

    // Bins and thresholds: SPEC.md, Data.
    private const int UserBins = 100;
    private const int StarBins = 5;
    private const int ReviewCountBins = 20;

    public static readonly CoreThresholds Thresholds = new(20, 20);
    public static readonly WantedFile Reviews = WantedFile.PlainOrGzip("yelp_academic_dataset_review.json");
    public static readonly WantedFile Businesses = WantedFile.PlainOrGzip("yelp_academic_dataset_business.json");
    public static readonly WantedFile Users = WantedFile.PlainOrGzip("yelp_academic_dataset_user.json") with { IsOptional = true };

    /// <summary>Reads the files, users and items with too few reviews left out.</summary>
    /// <exception cref="DataException">A file is malformed, or no review is left.</exception>
    public static Dataset Read(string reviews, string businesses, string? users, DatasetSchema schema, CoreThresholds thresholds)
    {
        var (userIds, itemIds, log) = ReadReviews(reviews, thresholds);
        NumberColumn[] userFields =
        [
            new(schema.UserFields[1], userIds.Count, UserBins),
            new DateColumn(schema.UserFields[2], userIds.Count, UserBins),
            new(schema.UserFields[3], userIds.Count, UserBins),
            new(schema.UserFields[4], userIds.Count, UserBins),
            new(schema.UserFields[5], userIds.Count, UserBins),
        ];
        if (users is not null)
        {
            using var table = new JsonLinesReader(users, "user_id", "review_count", "yelping_since", "useful", "funny", "cool");
            FeatureSource.Read(userIds, table, InOrder(userFields));
        }

        FeatureColumn[] itemFields =
        [
            new CategoryColumn(schema.ItemFields[1], itemIds.Count),
            new CategoryColumn(schema.ItemFields[2], itemIds.Count),
            new NumberColumn(schema.ItemFields[3], itemIds.Count, StarBins),
            new NumberColumn(schema.ItemFields[4], itemIds.Count, ReviewCountBins),
            new CategoryColumn(schema.ItemFields[5], itemIds.Count),
        ];
        using var items = new JsonLinesReader(businesses, "business_id", "city", "state", "stars", "review_count", "is_open", "name");
        var names = FeatureSource.Read(itemIds, items, InOrder(itemFields), titleColumn: 6);
        return new Dataset(
            schema.Name,
            FeatureSource.Table(userIds, schema.UserFields[0], userFields),
            FeatureSource.Table(itemIds, schema.ItemFields[0], itemFields),
            log,
            schema.HistoryLength,
            schema.HistoryFieldIndices(),
            userIds.Keys(),
            itemIds.Keys(),
            names);
    }

    private static (EntityIds Users, EntityIds Items, InteractionLog Log) ReadReviews(string path, CoreThresholds thresholds)
    {
        using var table = new JsonLinesReader(path, "user_id", "business_id", "date");
        return InteractionSource.Read(table, hasTime: true, hasWeight: false).Filter("yelp", thresholds);
    }

    // Column 0 is the id.
    private static FeatureSource[] InOrder(FeatureColumn[] fields) => [.. fields.Select((field, index) => new FeatureSource(index + 1, field))];
}
