using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Search.Baselines;
using AutoTower.Search.Checkpoints;
using AutoTower.Search.Data;
using AutoTower.Search.Evaluation;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Tests.Data;
using AutoTower.Search.Tests.Training;
using AutoTower.Search.Training;

namespace AutoTower.Search.Tests.Baselines;

public sealed class ItemRankerTests
{
    // Under the temporal split the first half of each user is trained on: 1 2, 1 2, 1 3, 4 3; the rest is 5 6 7 8.
    private static readonly Dataset Dataset = SampleData.FromSequences(8, 3, [1, 2, 5, 3], [1, 2, 6, 5], [1, 3, 5, 2], [4, 3, 6, 7]);
    private static readonly DataSplit Split = DataSplit.Create(Dataset, SplitProtocol.Temporal, 1);

    [Fact]
    public void Similarities_are_cosines_of_the_users_who_have_the_items()
    {
        Assert.Equal([1, 2, 1, 2, 1, 3, 4, 3], Split.Train.Select(interaction => Dataset.Interactions.Items[interaction]));
        var neighbours = new ItemNeighbours(Dataset, Split);
        // Item 1: users 1 2 3; item 2: users 1 2; item 3: users 3 4; item 4: user 4.
        Equal([(2, 2 / Math.Sqrt(6)), (3, 1 / Math.Sqrt(6))], neighbours.NeighboursOf(1));
        Equal([(4, 1 / Math.Sqrt(2)), (1, 1 / Math.Sqrt(6))], neighbours.NeighboursOf(3));
        Assert.Empty(neighbours.NeighboursOf(5));
    }

    [Fact]
    public void A_score_is_the_sum_over_the_users_training_items()
    {
        // Strict: user 1 has trained on 1 2, validated on 5 and is tested on 3, which item 1 leads to; it is the only item with a score.
        var queries = RankingQueries.Create(Dataset, Split, EvaluationProtocol.Strict, 1);
        Assert.Equal([[3], [5], [2], [7]], queries.Relevant);
        var metrics = new ItemNeighbours(Dataset, Split).Evaluate(queries, EvaluationProtocol.Strict);
        // User 2 (1 2): 3, then of no score 4 (popular), 5: rank 3. User 3 (1 3): 2 (2/sqrt 6), 4 (1/sqrt 2): rank 1.
        // User 4 (4 3): 1, then of no score 2 (popular), 5, 7: rank 4.
        Assert.Equal((1 + (1 / 3.0) + 1 + (1 / 4.0)) / 4, metrics.MrrAt(10), 12);
    }

    [Theory]
    [InlineData(EvaluationProtocol.Paper)]
    [InlineData(EvaluationProtocol.Strict)]
    public void Neighbours_and_a_trained_model_beat_the_most_popular(EvaluationProtocol protocol)
    {
        using var device = new CpuDevice(2);
        var dataset = DatasetPresets.Load("synthetic", null, new SyntheticOptions { Users = 400, Items = 300, Interactions = 16_000 });
        using var experiment = new Experiment(device, dataset, SplitProtocol.Paper, embeddingDimension: 8, seed: 1);
        var popularity = experiment.Popularity()[protocol].RecallAt(50);
        var neighbours = experiment.Rank(new ItemNeighbours(experiment.Dataset, experiment.Split))[protocol].RecallAt(50);
        using var training = new ModelTraining(
            experiment, BaselineCatalog.Find("google-dnn-l"), SmallWorld.Options, new RetrainingOptions { MaximumEpochs = 8 }, default);
        var trained = training.Run(new ObserverGroup(), new RunControl(TestContext.Current.CancellationToken));
        Assert.True(popularity < neighbours, $"most popular {popularity:F4}, neighbours {neighbours:F4}");
        Assert.True(popularity < trained.Test[protocol].RecallAt(50), $"most popular {popularity:F4}, GoogleDNN {trained.Test[protocol].RecallAt(50):F4}");
        Assert.Equal("google-dnn-l", trained.Name);
    }

    private static void Equal((int Item, double Similarity)[] expected, IReadOnlyList<(int Item, float Similarity)> found)
    {
        Assert.Equal(expected.Select(pair => pair.Item), found.Select(pair => pair.Item));
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First.Similarity, pair.Second.Similarity, 1e-6));
    }
}
