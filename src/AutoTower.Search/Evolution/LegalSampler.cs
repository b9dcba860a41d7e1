using AutoTower.Autograd.Random;
using AutoTower.Search.Cost;
using AutoTower.Search.Space;

namespace AutoTower.Search.Evolution;

/// <summary>
/// Draws random architectures within the limits. Genes are drawn one by one, uniformly among the choices that leave room for the cheapest
/// completion, so that tight limits need no long rejection sampling; and it knows at once when limits can't be kept.
/// </summary>
internal sealed class LegalSampler
{
    private readonly Gene[] _genes;
    private readonly SearchSpace _space;
    private readonly ComplexityLimits _limits;
    private readonly ModelShape _shape;
    private readonly CostConvention _convention;
    private readonly Budget _fixed;

    public LegalSampler(SearchSpace space, ModelShape shape, ComplexityLimits limits, CostConvention convention)
    {
        _space = space;
        _limits = limits;
        _shape = shape;
        _convention = convention;
        _fixed = new Budget(
            CostModel.AlignmentOf(shape.UserInputWidth, shape), CostModel.AlignmentOf(shape.ItemInputWidth, shape), Scoring(space));
        _genes =
        [
            new Gene([.. space.Poolings.Select(type => new Budget(CostModel.Pooling(type, shape), default, default))]),
            .. Genes(space.UserChoices, cost => new Budget(cost, default, default)),
            .. Genes(space.ItemChoices, cost => new Budget(default, cost, default)),
        ];
        var least = _genes.Aggregate(_fixed, (sum, gene) => sum + gene.Least);
        Require(limits.MaxParameters, least.Total.Parameters, "parameters in total");
        Require(limits.MaxFlops, least.Total.Flops, "FLOPs in total");
        Require(limits.MaxUserParameters, least.User.Parameters, "parameters of the user tower");
        Require(limits.MaxUserFlops, least.User.Flops, "FLOPs of the user tower");
        Require(limits.MaxItemParameters, least.Item.Parameters, "parameters of the item tower");
        Require(limits.MaxItemFlops, least.Item.Flops, "FLOPs of the item tower");
    }

    /// <summary>
    /// A random architecture. The completion that is cheapest in parameters need not be cheapest in FLOPs, so the result may still break a
    /// limit; the caller checks.
    /// </summary>
    public Architecture Sample(CounterRandom random)
    {
        var picks = new int[_genes.Length];
        var rest = _genes.Aggregate(_fixed, (sum, gene) => sum + gene.Least);
        var order = Enumerable.Range(0, _genes.Length).ToArray();
        for (var last = order.Length - 1; last > 0; last--)
        {
            var other = random.NextInteger(last + 1);
            (order[last], order[other]) = (order[other], order[last]);
        }

        foreach (var position in order)
        {
            var gene = _genes[position];
            var without = rest - gene.Least;
            var fitting = Enumerable.Range(0, gene.Choices.Count).Where(choice => Fits(without + gene.Choices[choice])).ToArray();
            picks[position] = fitting.Length > 0 ? fitting[random.NextInteger(fitting.Length)] : random.NextInteger(gene.Choices.Count);
            rest = without + gene.Choices[picks[position]];
        }

        var userBlocks = _space.UserChoices.Count;
        return new Architecture(
            _space.Poolings[picks[0]],
            [.. _space.UserChoices.Select((choices, position) => choices[picks[1 + position]])],
            [.. _space.ItemChoices.Select((choices, position) => choices[picks[1 + userBlocks + position]])]);
    }

    private static void Require(double? limit, double least, string what)
    {
        if (limit < least)
        {
            throw new ArgumentException($"A limit of {limit:N0} {what} can't be kept: the smallest architecture of this space has {least:N0}.");
        }
    }

    // The scoring cost is the same for every architecture; any one tells it.
    private Complexity Scoring(SearchSpace space)
    {
        var any = new Architecture(
            space.Poolings[0], [.. space.UserChoices.Select(choices => choices[0])], [.. space.ItemChoices.Select(choices => choices[0])]);
        return CostModel.Of(any, _shape, _convention).Scoring;
    }

    private bool Fits(Budget budget) => _limits.Allows(new ModelCost(
        new TowerCost([new PartCost("user", budget.User)]), new TowerCost([new PartCost("item", budget.Item)]), budget.Other));

    private IEnumerable<Gene> Genes(IReadOnlyList<IReadOnlyList<BlockType>> choices, Func<Complexity, Budget> inTower) =>
        choices.Select((types, position) => new Gene(
            [.. types.Select(type => inTower(CostModel.Block(type, position, position == choices.Count - 1, _shape, _convention)))]));

    private readonly record struct Budget(Complexity User, Complexity Item, Complexity Other)
    {
        public Complexity Total => User + Item + Other;

        public static Budget operator +(Budget left, Budget right) =>
            new(left.User + right.User, left.Item + right.Item, left.Other + right.Other);

        public static Budget operator -(Budget left, Budget right) =>
            new(Subtract(left.User, right.User), Subtract(left.Item, right.Item), Subtract(left.Other, right.Other));

        private static Complexity Subtract(Complexity left, Complexity right) =>
            new(left.Parameters - right.Parameters, left.MultiplyAccumulates - right.MultiplyAccumulates);
    }

    private sealed class Gene(IReadOnlyList<Budget> choices)
    {
        public IReadOnlyList<Budget> Choices { get; } = choices;

        /// <summary>The least of each measure over the choices; no single choice need attain both.</summary>
        public Budget Least { get; } = new(
            Minimum(choices.Select(choice => choice.User)), Minimum(choices.Select(choice => choice.Item)), default);

        private static Complexity Minimum(IEnumerable<Complexity> costs)
        {
            var list = costs.ToList();
            return new Complexity(list.Min(cost => cost.Parameters), list.Min(cost => cost.MultiplyAccumulates));
        }
    }
}
