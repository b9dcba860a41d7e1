using AutoTower.Search.Data;
using CsCheck;

namespace AutoTower.Search.Tests.Data;

public class InteractionLogTests
{
    [Fact]
    public void HistoryIsPaddedOnTheLeftAndEndsBeforeTheInteraction()
    {
        var log = SampleData.FromSequences(9, 3, [9, 9], [1, 2, 3, 4, 5]).Interactions;
        Assert.Equal((0, "0 0 0"), History(log, 2, 3));
        Assert.Equal((1, "0 0 1"), History(log, 3, 3));
        Assert.Equal((3, "1 2 3"), History(log, 5, 3));
        Assert.Equal((3, "2 3 4"), History(log, 6, 3));
        Assert.Equal((1, "4"), History(log, 6, 1));
    }

    [Fact]
    public void HistoryIsWhatTheDefinitionSays() =>
        Gen.Select(Gen.Int[1, 9].Array[0, 12].Array[1, 6], Gen.Int[1, 8]).Sample((sequences, length) =>
        {
            var log = SampleData.FromSequences(9, length, sequences).Interactions;
            var interaction = 0;
            foreach (var sequence in sequences)
            {
                for (var i = 0; i < sequence.Length; i++)
                {
                    var expected = Enumerable.Repeat(0, length).Concat(sequence[..i]).TakeLast(length);
                    Assert.Equal((Math.Min(i, length), string.Join(' ', expected)), History(log, interaction++, length));
                }
            }
        });

    [Theory]
    [InlineData(new[] { 0, 1, 2 }, new[] { 1, 1 })]
    [InlineData(new[] { 0, 0, 1 }, new[] { 1, 1 })]
    [InlineData(new[] { 0, 0, 2, 1, 2 }, new[] { 1, 1 })]
    [InlineData(new[] { 0, 0, 2 }, new[] { 1, 0 })]
    public void OffsetsAndItemsThatDoNotFitAreRefused(int[] offsets, int[] items) =>
        Assert.ThrowsAny<ArgumentException>(() => new InteractionLog(offsets, items));

    [Fact]
    public void FieldsRefuseValuesWithoutAnEmbeddingRow()
    {
        Assert.Throws<ArgumentException>(() => new FeatureField("era", 3, [0, 3]));
        Assert.Throws<ArgumentException>(() => new FeatureField("genres", 3, [1, 2], [0, 0, 3]));
        Assert.Throws<ArgumentException>(() => new FeatureTable("item", 3, [new FeatureField("era", 3, [0, 2])]));
    }

    private static (int Length, string Items) History(InteractionLog log, int interaction, int length)
    {
        var history = new int[length];
        history.AsSpan().Fill(-1);
        return (log.CopyHistory(interaction, history), string.Join(' ', history));
    }
}
