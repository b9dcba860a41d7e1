using AutoTower.Search.Space;

namespace AutoTower.Search.Cost;

/// <summary>Analytic parameters and multiply-accumulates of an architecture, without running it (SPEC.md, Cost model).</summary>
public static class CostModel
{
    /// <summary>Examples that the paper scores an example against.</summary>
    internal const int ScoredItems = 1024;

    /// <summary>The cost of <paramref name="architecture"/>.</summary>
    public static ModelCost Of(Architecture architecture, ModelShape shape, CostConvention convention)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(shape);
        var pooling = architecture.Pooling;
        var user = new List<PartCost>
        {
            Alignment(shape.UserInputWidth, shape),
            new($"pooling.{pooling.Name}", Pooling(pooling, shape)),
        };
        AddBlocks(user, architecture.User, shape, convention);
        var item = new List<PartCost> { Alignment(shape.ItemInputWidth, shape) };
        AddBlocks(item, architecture.Item, shape, convention);
        var scoring = convention == CostConvention.Actual ? new Complexity(0, (long)ScoredItems * shape.OutputWidth) : default;
        return new ModelCost(new TowerCost(user), new TowerCost(item), scoring);
    }

    /// <summary>The cost of a pooling.</summary>
    public static Complexity Pooling(PoolingType pooling, ModelShape shape)
    {
        ArgumentNullException.ThrowIfNull(pooling);
        ArgumentNullException.ThrowIfNull(shape);
        return pooling.Cost(shape.HistoryLength, shape.HistoryWidth);
    }

    /// <summary>The cost of a block type at a position, batch norm included as the convention says.</summary>
    public static Complexity Block(BlockType type, int position, bool isLast, ModelShape shape, CostConvention convention)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(shape);
        var output = isLast ? shape.OutputWidth : shape.BlockWidth;
        var block = type.Cost(shape.BlockAt(position, isLast));
        return isLast && convention == CostConvention.Actual ? block : block + new Complexity(2L * output, output);
    }

    /// <summary>The cost of aligning a tower's input to D.</summary>
    public static Complexity AlignmentOf(int inputWidth, ModelShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return new Complexity((inputWidth + 1L) * shape.BlockWidth, (long)inputWidth * shape.BlockWidth);
    }

    private static PartCost Alignment(int inputWidth, ModelShape shape) => new("alignment", AlignmentOf(inputWidth, shape));

    private static void AddBlocks(List<PartCost> parts, IReadOnlyList<BlockType> blocks, ModelShape shape, CostConvention convention)
    {
        for (var position = 0; position < blocks.Count; position++)
        {
            var cost = Block(blocks[position], position, position == blocks.Count - 1, shape, convention);
            parts.Add(new PartCost($"blocks.{position}.{blocks[position].Name}", cost));
        }
    }
}
