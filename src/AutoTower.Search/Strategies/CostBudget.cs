using AutoTower.Search.Cost;
using AutoTower.Search.Space;

namespace AutoTower.Search.Strategies;

/// <summary>
/// What the genes of an architecture cost, one by one. Costs add up, so a partly chosen architecture has a cost too: that of the genes
/// chosen and the least of the others.
/// </summary>
internal sealed class CostBudget
{
    private readonly Gene[] _genes;
    private readonly ComplexityLimits _limits;
    private readonly Cost _fixed;

    /// <exception cref="ArgumentException">A limit can't be kept; names it and the least that is possible.</exception>
    public CostBudget(SearchSpace space, ModelShape shape, ComplexityLimits limits, CostConvention convention)
    {
        _limits = limits;
        _fixed = new Cost(
            CostModel.AlignmentOf(shape.UserInputWidth, shape),
            CostModel.AlignmentOf(shape.ItemInputWidth, shape),
            // The same for every architecture; any one tells it.
            CostModel.Of(new GeneCode(space).Decode(new int[1 + space.UserChoices.Count + space.ItemChoices.Count]), shape, convention).Scoring);
        _genes =
        [
            new Gene([.. space.Poolings.Select(type => new Cost(CostModel.Pooling(type, shape), default, default))]),
            .. Genes(space.UserChoices, cost => new Cost(cost, default, default)),
            .. Genes(space.ItemChoices, cost => new Cost(default, cost, default)),
        ];
        var least = Least;
        Require(limits.MaxParameters, least.Total.Parameters, "parameters in total");
        Require(limits.MaxFlops, least.Total.Flops, "FLOPs in total");
        Require(limits.MaxUserParameters, least.User.Parameters, "parameters of the user tower");
        Require(limits.MaxUserFlops, least.User.Flops, "FLOPs of the user tower");
        Require(limits.MaxItemParameters, least.Item.Parameters, "parameters of the item tower");
        Require(limits.MaxItemFlops, least.Item.Flops, "FLOPs of the item tower");

        IEnumerable<Gene> Genes(IReadOnlyList<IReadOnlyList<BlockType>> choices, Func<Complexity, Cost> inTower) =>
            choices.Select((types, position) => new Gene(
                [.. types.Select(type => inTower(CostModel.Block(type, position, position == choices.Count - 1, shape, convention)))]));
    }

    /// <summary>The least cost of an architecture, measure by measure; no single one need attain all.</summary>
    public Cost Least => _genes.Aggregate(_fixed, (sum, gene) => sum + gene.Least);

    /// <summary>The cost once <paramref name="gene"/>, counted at its least so far, takes <paramref name="choice"/>.</summary>
    public Cost With(Cost cost, int gene, int choice) => cost - _genes[gene].Least + _genes[gene].Choices[choice];

    /// <summary>The cost of all genes.</summary>
    public Cost Of(ReadOnlySpan<int> choices)
    {
        var cost = _fixed;
        for (var gene = 0; gene < _genes.Length; gene++)
        {
            cost += _genes[gene].Choices[choices[gene]];
        }

        return cost;
    }

    /// <summary>The cost when <paramref name="gene"/> takes another choice.</summary>
    public Cost Exchange(Cost cost, int gene, int from, int to) => cost - _genes[gene].Choices[from] + _genes[gene].Choices[to];

    /// <summary>True when all limits are kept.</summary>
    public bool Allows(Cost cost) => Excess(cost) <= 0;

    /// <summary>By how much limits are broken, each relative to the limit, added up; 0 where all are kept.</summary>
    public double Excess(Cost cost)
    {
        var total = cost.Total;
        return Over(total.Parameters, _limits.MaxParameters) + Over(total.Flops, _limits.MaxFlops)
            + Over(cost.User.Parameters, _limits.MaxUserParameters) + Over(cost.User.Flops, _limits.MaxUserFlops)
            + Over(cost.Item.Parameters, _limits.MaxItemParameters) + Over(cost.Item.Flops, _limits.MaxItemFlops);
    }

    private static double Over(double value, double? limit) => value > limit ? (value - limit.Value) / limit.Value : 0;

    private static void Require(double? limit, double least, string what)
    {
        if (limit < least)
        {
            throw new ArgumentException($"A limit of {limit:N0} {what} can't be kept: the smallest architecture of this space has {least:N0}.");
        }
    }

    /// <summary>Cost of both towers and of scoring.</summary>
    public readonly record struct Cost(Complexity User, Complexity Item, Complexity Scoring)
    {
        public Complexity Total => User + Item + Scoring;

        public static Cost operator +(Cost left, Cost right) =>
            new(left.User + right.User, left.Item + right.Item, left.Scoring + right.Scoring);

        public static Cost operator -(Cost left, Cost right) => new(
            Subtract(left.User, right.User), Subtract(left.Item, right.Item), Subtract(left.Scoring, right.Scoring));

        private static Complexity Subtract(Complexity left, Complexity right) =>
            new(left.Parameters - right.Parameters, left.MultiplyAccumulates - right.MultiplyAccumulates);
    }

    private sealed class Gene(IReadOnlyList<Cost> choices)
    {
        public IReadOnlyList<Cost> Choices { get; } = choices;

        public Cost Least { get; } = new(
            Minimum(choices.Select(choice => choice.User)), Minimum(choices.Select(choice => choice.Item)), default);

        private static Complexity Minimum(IEnumerable<Complexity> costs)
        {
            var list = costs.ToList();
            return new Complexity(list.Min(cost => cost.Parameters), list.Min(cost => cost.MultiplyAccumulates));
        }
    }
}
