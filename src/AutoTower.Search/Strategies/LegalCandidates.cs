using AutoTower.Autograd.Random;
using AutoTower.Search.Cost;
using AutoTower.Search.Space;

namespace AutoTower.Search.Strategies;

/// <summary>The architectures of a search space that keep the limits: tells and draws them. Knows at once when there are none.</summary>
internal sealed class LegalCandidates
{
    /// <summary>Draws in a row without a new legal candidate after which there is held to be none.</summary>
    public const int Attempts = 2000;

    /// <summary>Prepares the candidates.</summary>
    /// <param name="space">Which blocks may stand where.</param>
    /// <param name="shape">Sizes of the model.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="convention">How costs are counted.</param>
    /// <param name="random">Random words for the search for a legal candidate.</param>
    /// <exception cref="ArgumentException">
    /// No architecture of the space obeys the limits; names the limit and the least that is possible, or says that limits exclude each other.
    /// </exception>
    public LegalCandidates(
        SearchSpace space, ModelShape shape, ComplexityLimits limits, CostConvention convention, CounterRandom random)
    {
        Space = space;
        Genes = new GeneCode(space);
        Budget = new CostBudget(space, shape, limits, convention);
        Known = FindLegal(random);
    }

    /// <summary>Which blocks may stand where.</summary>
    public SearchSpace Space { get; }

    /// <summary>Architectures as sequences of choices.</summary>
    public GeneCode Genes { get; }

    /// <summary>What they cost.</summary>
    public CostBudget Budget { get; }

    /// <summary>A legal candidate.</summary>
    public Architecture Known { get; }

    /// <summary>True when the candidate keeps all limits.</summary>
    public bool IsLegal(Architecture candidate) => Budget.Allows(Budget.Of(Genes.Encode(candidate)));

    /// <summary>
    /// A random architecture. Genes are drawn one by one in random order, uniformly among the choices that leave room for the cheapest
    /// completion, so that tight limits need no long rejection sampling. What is cheapest in parameters need not be cheapest in FLOPs, so
    /// the result may still break a limit; the caller checks.
    /// </summary>
    public Architecture Sample(CounterRandom random)
    {
        var choices = new int[Genes.Length];
        var order = Enumerable.Range(0, choices.Length).ToArray();
        for (var last = order.Length - 1; last > 0; last--)
        {
            var other = random.NextInteger(last + 1);
            (order[last], order[other]) = (order[other], order[last]);
        }

        var cost = Budget.Least;
        foreach (var gene in order)
        {
            var fitting = Fitting(cost, gene);
            choices[gene] = fitting[random.NextInteger(fitting.Length)];
            cost = Budget.With(cost, gene, choices[gene]);
        }

        return Genes.Decode(choices);
    }

    /// <summary>The choices of <paramref name="gene"/> that leave room for the cheapest completion; all where none does.</summary>
    public int[] Fitting(CostBudget.Cost cost, int gene)
    {
        var all = Enumerable.Range(0, Genes.Choices[gene]);
        int[] fitting = [.. all.Where(choice => Budget.Allows(Budget.With(cost, gene, choice)))];
        return fitting.Length > 0 ? fitting : [.. all];
    }

    /// <summary>Up to <paramref name="count"/> distinct random legal candidates that <paramref name="isTaken"/> does not know.</summary>
    public IReadOnlyList<Architecture> Draw(int count, CounterRandom random, Func<Architecture, bool> isTaken)
    {
        var drawn = new List<Architecture>();
        var known = new HashSet<Architecture>();
        for (var attempts = 0; drawn.Count < count && attempts < Attempts; attempts++)
        {
            var candidate = Sample(random);
            if (!known.Contains(candidate) && !isTaken(candidate) && IsLegal(candidate))
            {
                attempts = -1;
                known.Add(candidate);
                drawn.Add(candidate);
            }
        }

        return drawn;
    }

    // The budget refuses limits that can't be kept one by one; together they may still exclude each other.
    private Architecture FindLegal(CounterRandom random) => Draw(1, random, _ => false) is [var known]
        ? known
        : throw new ArgumentException(
            "No architecture of this space that keeps all limits together was found, although each can be kept alone; raise one of them.");
}
