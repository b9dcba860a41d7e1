using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Random;
using AutoTower.Search.Checkpoints;
using AutoTower.Search.Cost;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Search.Training;

namespace AutoTower.Search.Strategies.Proximal;

/// <summary>
/// Differentiable search by proximal steps (NASP, Yao et al. 2020; paper, Table 5). The search happens while the supernet is trained;
/// afterwards the discrete architecture of the weights is judged, and for retraining the ones next to it, each of which differs from it in
/// one choice, as little weight as possible being lost.
/// </summary>
public sealed class ProximalSearch : CandidateSearch
{
    private readonly ProximalOptions _options;
    private readonly int _count;
    private readonly ulong _seed;
    private readonly ArchitectureWeights _weights;

    /// <summary>Prepares a search.</summary>
    /// <param name="space">Which blocks may stand where.</param>
    /// <param name="shape">Sizes of the model.</param>
    /// <param name="limits">Limits that every path obeys.</param>
    /// <param name="options">The steps.</param>
    /// <param name="count">Number of candidates wanted.</param>
    /// <param name="seed">Seed.</param>
    /// <param name="convention">How costs are counted.</param>
    /// <exception cref="ArgumentException">No architecture of the space obeys the limits.</exception>
    public ProximalSearch(
        SearchSpace space, ModelShape shape, ComplexityLimits limits, ProximalOptions options, int count, ulong seed, CostConvention convention)
        : base(space, shape, limits, convention, seed, RandomStream.Strategy)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _count = count;
        _seed = seed;
        _weights = new ArchitectureWeights(Candidates.Genes, seed);
    }

    /// <inheritdoc/>
    public override int Budget => _count;

    private protected override int Iterations => 1;

    /// <summary>Trains <paramref name="model"/> together with this search's architecture weights.</summary>
    /// <param name="model">The supernet.</param>
    /// <param name="step">Steps on its weights.</param>
    /// <param name="validation">Interactions that architecture weights learn from.</param>
    /// <param name="training">Hyper-parameters of a step.</param>
    public ISupernetTrainer Trainer(TwoTowerModel model, TrainingStep step, IntegerArray validation, TrainingOptions training)
    {
        ArgumentNullException.ThrowIfNull(step);
        return new ProximalTrainer(
            model,
            Candidates,
            step,
            new ArchitectureStep(model, step, validation, training, _options, _weights, _seed),
            _weights,
            _options,
            _seed);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ScoredArchitecture> Chosen(int count) => [.. State.Visited.Take(count)];

    /// <inheritdoc/>
    public override void Save(CheckpointWriter writer)
    {
        base.Save(writer);
        writer.Write("architecture", _weights);
    }

    /// <inheritdoc/>
    public override void Restore(CheckpointReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        base.Restore(reader);
        reader.Restore("architecture", _weights);
    }

    private protected override IReadOnlyList<Architecture> Propose(CounterRandom random)
    {
        var found = ProximalOperator.Discrete(_weights.Values, Candidates);
        var neighbours = new List<(double Lost, int[] Choices)>();
        var first = 0;
        for (var gene = 0; gene < found.Length; gene++)
        {
            for (var choice = 0; choice < Candidates.Genes.Choices[gene]; choice++)
            {
                int[] neighbour = [.. found];
                neighbour[gene] = choice;
                if (choice != found[gene] && Candidates.Budget.Allows(Candidates.Budget.Of(neighbour)))
                {
                    neighbours.Add((_weights.Values[first + found[gene]] - _weights.Values[first + choice], neighbour));
                }
            }

            first += Candidates.Genes.Choices[gene];
        }

        return [.. neighbours.OrderBy(entry => entry.Lost).Select(entry => entry.Choices).Prepend(found).Take(_count).Select(choices => Candidates.Genes.Decode(choices))];
    }
}
