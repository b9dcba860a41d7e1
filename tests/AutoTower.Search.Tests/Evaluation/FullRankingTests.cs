using AutoTower.Search.Evaluation;
using AutoTower.Search.Models;
using AutoTower.Search.Retrieval;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Search.Tests.Training;

namespace AutoTower.Search.Tests.Evaluation;

public class FullRankingTests
{
    [Theory]
    [InlineData(EvaluationProtocol.Paper)]
    [InlineData(EvaluationProtocol.Strict)]
    public void Metrics_equal_those_of_scoring_and_sorting_everything(EvaluationProtocol protocol)
    {
        using var world = new SmallWorld();
        using var model = new TwoTowerModel(world.Experiment.Data, SearchSpace.Only(SmallWorld.Mixed), world.Experiment.Shape, 3);
        var queries = RankingQueries.Create(world.Experiment.Dataset, world.Experiment.Split, protocol, 1);
        using var ranking = new FullRanking(model.At(SmallWorld.Mixed));
        var found = ranking.Evaluate(queries, protocol);
        var expected = Naive(model.At(SmallWorld.Mixed), queries, protocol);
        Assert.Equal(expected.Users, found.Users);
        Assert.Equal(expected.Recall, found.Recall);
        Assert.Equal(expected.Ndcg, found.Ndcg);
        Assert.Equal(expected.Mrr, found.Mrr);
        Assert.True(found.Users > 50 && found.Recall[^1] > 0, "the world is large enough to find something");
    }

    private static RankingMetrics Naive(ITwoTowerModel model, RankingQueries queries, EvaluationProtocol protocol)
    {
        var dataset = model.Data.Dataset;
        var log = dataset.Interactions;
        using var buffer = TowerVectors.Items(model);
        var items = buffer.DownloadToHost();
        var width = model.OutputWidth;
        var users = TowerVectors.Users(model, [.. queries.Interactions.Select(interaction => new UserHistory(
            log.Users[interaction], log.Items.AsMemory(log.Offsets[log.Users[interaction]]..interaction)))]);
        var accumulator = new MetricAccumulator(protocol, FullRanking.Cutoffs);
        for (var query = 0; query < queries.Count; query++)
        {
            var excluded = queries.Excluded(query).ToArray();
            var scores = Enumerable.Range(1, dataset.Items.Count - 1).Select(item =>
            {
                var score = 0f;
                for (var i = 0; i < width; i++)
                {
                    score = MathF.FusedMultiplyAdd(users[query * width + i], items[(item - 1) * width + i], score);
                }

                return (Item: item, Score: score);
            });
            int[] ranked = [.. scores.Where(found => !excluded.Contains(found.Item)).OrderByDescending(found => found.Score)
                .ThenBy(found => found.Item).Select(found => found.Item)];
            accumulator.Add(ranked, queries.Relevant[query]);
        }

        return accumulator.ToMetrics();
    }
}
