using AutoTower.Search.Data;

namespace AutoTower.Search.Tests.Data;

public class DatasetStatisticsTests
{
    [Fact]
    public void CountsOfAHandMadeSetAreRight()
    {
        var data = SampleData.FromSequences(5, 3, [1, 2, 3, 4], [1, 2], [2, 1, 2, 1, 1, 2, 5, 2]);
        var statistics = DatasetStatistics.Compute(data, DataSplit.Create(data, SplitProtocol.Temporal, 1));

        Assert.Equal((3, 5, 14), (statistics.Users, statistics.Items, statistics.Interactions));
        Assert.Equal(14 / 15.0, statistics.Density);
        Assert.Equal(14 / 3.0, statistics.MeanSequenceLength);
        Assert.Equal(4, statistics.MedianSequenceLength);
        Assert.Equal(8, statistics.LongestSequence);

        // Training: 1 2 | 1 | 2 1 2 1; test: 4 | 2 | 5 2.
        Assert.Equal((7, 3, 4), (statistics.Train, statistics.Validation, statistics.Test));
        Assert.Equal(3, statistics.TestUsers);
        Assert.Equal(3 / 7.0, statistics.EmptyHistoryShare);
        Assert.Equal(3, statistics.ItemsUnseenInTraining);
        Assert.Equal(2 / 4.0, statistics.UnseenTestShare);
        Assert.Equal(
            [new FieldStatistics("user", "user", 4, false, false), new FieldStatistics("item", "item", 6, false, true)], statistics.Fields);
    }
}
