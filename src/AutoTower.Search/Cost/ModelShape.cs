using AutoTower.Search.Space;

namespace AutoTower.Search.Cost;

/// <summary>The sizes of a model (letters as in SPEC.md).</summary>
/// <param name="UserFields">Number of user fields.</param>
/// <param name="ItemFields">Number of item fields.</param>
/// <param name="HistoryFields">Number of history fields.</param>
/// <param name="HistoryLength">L.</param>
public sealed record ModelShape(int UserFields, int ItemFields, int HistoryFields, int HistoryLength)
{
    /// <summary>E.</summary>
    public int EmbeddingDimension { get; init; } = 16;

    /// <summary>D.</summary>
    public int BlockWidth { get; init; } = 64;

    /// <summary>O.</summary>
    public int OutputWidth { get; init; } = 64;

    /// <summary>A.</summary>
    public int HeadWidth { get; init; } = 8;

    /// <summary>d = history fields x E.</summary>
    public int HistoryWidth => HistoryFields * EmbeddingDimension;

    /// <summary>Width of the user tower's input: field embeddings and pooled history.</summary>
    public int UserInputWidth => (UserFields * EmbeddingDimension) + HistoryWidth;

    /// <summary>Width of the item tower's input.</summary>
    public int ItemInputWidth => ItemFields * EmbeddingDimension;

    /// <summary>What the block at a position (from 0) of a tower sees.</summary>
    public BlockShape BlockAt(int position, bool isLast) => new(position + 1, BlockWidth, isLast ? OutputWidth : BlockWidth, HeadWidth);
}
