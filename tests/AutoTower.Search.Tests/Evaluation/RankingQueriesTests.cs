using AutoTower.Search.Baselines;
using AutoTower.Search.Data;
using AutoTower.Search.Evaluation;
using AutoTower.Search.Tests.Data;

namespace AutoTower.Search.Tests.Evaluation;

public sealed class RankingQueriesTests
{
    // Under the temporal split: user 1 trains on 5 3 1 2, validates on 4 3, is tested on 9 8 (interactions 6 and 7); user 2 has no
    // interaction; user 3 trains on 7 7, validates on 1 and is tested on 7 (interaction 11); user 4 has one interaction, its test item.
    private static readonly Dataset Dataset = SampleData.FromSequences(9, 3, [5, 3, 1, 2, 4, 3, 9, 8], [], [7, 7, 1, 7], [6]);
    private static readonly DataSplit Split = DataSplit.Create(Dataset, SplitProtocol.Temporal, 1);

    [Fact]
    public void Strict_takes_the_history_before_the_first_test_interaction_and_excludes_training_and_validation()
    {
        var queries = RankingQueries.Create(Dataset, Split, EvaluationProtocol.Strict, 1);
        Assert.Equal([6, 11, 12], queries.Interactions);
        Assert.Equal([1, 2, 3, 4, 5], queries.Excluded(0));
        Assert.Equal([1, 7], queries.Excluded(1));
        Assert.Empty(queries.Excluded(2).ToArray());
        Assert.Equal([[9, 8], [7], [6]], queries.Relevant);
    }

    [Fact]
    public void Paper_takes_some_test_interaction_of_the_user_and_excludes_training_only()
    {
        var chosen = new HashSet<int>();
        for (var seed = 1ul; seed <= 20; seed++)
        {
            var queries = RankingQueries.Create(Dataset, Split, EvaluationProtocol.Paper, seed);
            Assert.Equal(3, queries.Count);
            Assert.Equal([11, 12], queries.Interactions[1..]);
            Assert.Equal([1, 2, 3, 5], queries.Excluded(0));
            Assert.Equal([7], queries.Excluded(1));
            Assert.Equal([[9, 8], [7], [6]], queries.Relevant);
            chosen.Add(queries.Interactions[0]);
            Assert.Equal(queries.Interactions, RankingQueries.Create(Dataset, Split, EvaluationProtocol.Paper, seed).Interactions);
        }

        Assert.Equal([6, 7], chosen.Order());
    }

    [Fact]
    public void For_validation_nothing_of_the_test_set_is_asked_or_excluded()
    {
        var chosen = new HashSet<int>();
        for (var seed = 1ul; seed <= 20; seed++)
        {
            var queries = RankingQueries.ForValidation(Dataset, Split, seed);
            Assert.Equal([[4, 3], [1]], queries.Relevant);
            Assert.Equal([1, 2, 3, 5], queries.Excluded(0));
            Assert.Equal([7], queries.Excluded(1));
            Assert.Equal(10, queries.Interactions[1]);
            chosen.Add(queries.Interactions[0]);
        }

        Assert.Equal([4, 5], chosen.Order());
    }

    [Fact]
    public void An_item_tested_twice_counts_once()
    {
        var dataset = SampleData.FromSequences(9, 3, [1, 2, 3, 4, 5, 6, 7, 7]);
        var queries = RankingQueries.Create(dataset, DataSplit.Create(dataset, SplitProtocol.Temporal, 1), EvaluationProtocol.Strict, 1);
        Assert.Equal([[7]], queries.Relevant);
    }

    [Fact]
    public void The_most_popular_order_leaves_excluded_items_out()
    {
        // Training counts: 7 twice, then 1, 2, 3, 5 once each, the others never; ties by id.
        var queries = RankingQueries.Create(Dataset, Split, EvaluationProtocol.Strict, 1);
        var metrics = new MostPopular(Dataset, Split).Evaluate(queries, EvaluationProtocol.Strict);
        // User 1: 7 6 8 9: 8 and 9 at ranks 3 and 4. User 3: 7 is excluded. User 4: 7 1 2 3 5 4 6: rank 7.
        Assert.Equal(3, metrics.Users);
        Assert.Equal((1 + 0 + 0) / 3.0, metrics.RecallAt(5), 12);
        Assert.Equal((1 + 0 + 1) / 3.0, metrics.RecallAt(10), 12);
        Assert.Equal(((1 / 3.0) + 0 + (1 / 7.0)) / 3, metrics.MrrAt(10), 12);
    }
}
