using AutoTower.Search.Data;
using AutoTower.Search.Retrieval;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Search.Tests.Training;

namespace AutoTower.Search.Tests.Retrieval;

public sealed class RecommenderTests : IDisposable
{
    private readonly SmallWorld _world = new();
    private readonly TwoTowerModel _model;
    private readonly Recommender _recommender;

    public RecommenderTests()
    {
        _model = new TwoTowerModel(_world.Experiment.Data, SearchSpace.Only(SmallWorld.Mixed), _world.Experiment.Shape, 5);
        _recommender = new Recommender(_model.At(SmallWorld.Mixed));
    }

    private Dataset Dataset => _world.Experiment.Dataset;

    [Fact]
    public void A_known_user_gets_what_the_log_suggests()
    {
        var user = Dataset.UserKeys[7];
        var own = _recommender.Recommend(user, 10, null, excludeSeen: false);
        Assert.Equal(10, own.Count);
        Assert.Equal(Enumerable.Range(1, 10), own.Select(item => item.Rank));
        Assert.Equal(own.OrderByDescending(item => item.Score), own);
        Assert.All(own, item => Assert.Contains(item.Item, Dataset.ItemKeys));
        string[] log = [.. TowerVectors.Seen(Dataset, 7).ToArray().Select(item => Dataset.ItemKeys[item])];
        Assert.Equal(own, _recommender.Recommend(user, 10, log, excludeSeen: false));
    }

    [Fact]
    public void Seen_items_are_left_out_and_only_they()
    {
        var seen = TowerVectors.Seen(Dataset, 3).ToArray().Select(item => Dataset.ItemKeys[item]).ToHashSet();
        var found = _recommender.Recommend(Dataset.UserKeys[3], 1024, null, excludeSeen: true);
        Assert.Equal(Dataset.Items.Count - 1 - seen.Count, found.Count);
        Assert.DoesNotContain(found, item => seen.Contains(item.Item));
    }

    [Fact]
    public void A_new_user_is_served_by_the_history()
    {
        string[] history = [Dataset.ItemKeys[1], Dataset.ItemKeys[20], Dataset.ItemKeys[33]];
        var found = _recommender.Recommend("nobody", 5, history, excludeSeen: true);
        Assert.Equal(5, found.Count);
        Assert.DoesNotContain(found, item => history.Contains(item.Item));
        Assert.NotEqual(found, _recommender.Recommend("nobody", 5, [Dataset.ItemKeys[2], Dataset.ItemKeys[50]], excludeSeen: true));
    }

    [Fact]
    public void Unknown_ids_are_named()
    {
        Assert.Equal(
            "synthetic has no user nobody; give the items that a new user has seen, for example --history 50,181,100.",
            Assert.Throws<DataException>(() => _recommender.Recommend("nobody", 5, null, false)).Message);
        Assert.Equal(
            "synthetic has no item nothing, which the history names.",
            Assert.Throws<DataException>(() => _recommender.Recommend(Dataset.UserKeys[1], 5, ["nothing"], false)).Message);
    }

    public void Dispose()
    {
        _recommender.Dispose();
        _model.Dispose();
        _world.Dispose();
    }
}
