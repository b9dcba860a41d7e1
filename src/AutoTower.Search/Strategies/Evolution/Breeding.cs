using AutoTower.Autograd.Random;
using AutoTower.Search.Space;

namespace AutoTower.Search.Strategies.Evolution;

/// <summary>Makes a population of new legal candidates: children of parents, and random ones where children are missing.</summary>
internal sealed class Breeding(LegalCandidates candidates, EvolutionOptions options, CounterRandom random)
{
    // A child that is illegal or known is drawn again this often before the population is filled with random candidates instead.
    private const int AttemptsPerChild = 50;
    private readonly List<Architecture> _population = [];
    private readonly HashSet<Architecture> _chosen = [];

    /// <summary>The population, smaller than asked for only where there are no more legal candidates.</summary>
    /// <param name="state">What has been judged; without anything, all are random.</param>
    /// <param name="parent">Picks a parent.</param>
    public IReadOnlyList<Architecture> Population(SearchState state, Func<Architecture> parent)
    {
        if (state.Visited.Count > 0)
        {
            Breed(options.Crossovers, () => Crossover(parent(), parent()));
            Breed(options.Mutations, () => Mutate(parent()));
        }

        _population.AddRange(candidates.Draw(
            options.Population - _population.Count, random, candidate => state.IsVisited(candidate) || _chosen.Contains(candidate)));
        return _population;

        void Breed(int count, Func<Architecture> child)
        {
            var wanted = _population.Count + count;
            for (var attempts = 0; _population.Count < wanted && attempts < count * AttemptsPerChild; attempts++)
            {
                var candidate = child();
                if (!state.IsVisited(candidate) && !_chosen.Contains(candidate) && candidates.IsLegal(candidate))
                {
                    _chosen.Add(candidate);
                    _population.Add(candidate);
                }
            }
        }
    }

    private Architecture Crossover(Architecture first, Architecture second) => new(
        Either(first.Pooling, second.Pooling), Either(first.User, second.User), Either(first.Item, second.Item));

    private Architecture Mutate(Architecture parent) => new(
        Redraw(parent.Pooling, candidates.Space.Poolings),
        [.. parent.User.Select((gene, position) => Redraw(gene, candidates.Space.UserChoices[position]))],
        [.. parent.Item.Select((gene, position) => Redraw(gene, candidates.Space.ItemChoices[position]))]);

    private BlockType[] Either(IReadOnlyList<BlockType> first, IReadOnlyList<BlockType> second) =>
        [.. first.Select((gene, position) => Either(gene, second[position]))];

    private T Either<T>(T first, T second) => random.NextInteger(2) == 0 ? first : second;

    private T Redraw<T>(T gene, IReadOnlyList<T> choices) =>
        random.NextUniform() < options.MutationProbability ? choices[random.NextInteger(choices.Count)] : gene;
}
