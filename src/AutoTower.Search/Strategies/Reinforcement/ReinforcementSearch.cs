using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Random;
using AutoTower.Search.Checkpoints;
using AutoTower.Search.Cost;
using AutoTower.Search.Space;
using AutoTower.Search.Strategies.Evolution;

namespace AutoTower.Search.Strategies.Reinforcement;

/// <summary>
/// Reinforcement learning in the manner of ENAS (Pham et al. 2018; paper, Table 5): a recurrent controller samples architectures, and
/// REINFORCE with a moving baseline and an entropy bonus makes those likelier that the supernet judges well. It only ever has choices that
/// leave room within the limits. Sampling an architecture again costs no second evaluation, but counts.
/// </summary>
public sealed class ReinforcementSearch : CandidateSearch
{
    // What is drawn may break a limit all the same (what is cheapest in parameters need not be in FLOPs); then it is drawn again.
    private const int Attempts = 20;
    private readonly EvolutionOptions _budget;
    private readonly ControllerOptions _options;
    private readonly CpuDevice _device = new(1); // The controller is tiny: one thread beats any device that has to be waited for.
    private readonly Controller _controller;
    private readonly RewardBaseline _baseline;
    private List<int[]> _sampled = [];

    /// <summary>Prepares a search that samples as many architectures as the evolution judges.</summary>
    /// <exception cref="ArgumentException">No architecture of the space obeys the limits.</exception>
    public ReinforcementSearch(
        SearchSpace space,
        ModelShape shape,
        ComplexityLimits limits,
        EvolutionOptions budget,
        ControllerOptions options,
        ulong seed,
        CostConvention convention)
        : base(space, shape, limits, convention, seed, RandomStream.Strategy)
    {
        ArgumentNullException.ThrowIfNull(budget);
        ArgumentNullException.ThrowIfNull(options);
        _budget = budget;
        _options = options;
        _controller = new Controller(_device, Candidates.Genes.Choices, options, seed);
        _baseline = new RewardBaseline(options.BaselineDecay);
    }

    /// <inheritdoc/>
    public override int Budget => _budget.Candidates;

    private protected override int Iterations => Math.Max(1, _budget.Candidates / _options.SamplesAnUpdate);

    /// <inheritdoc/>
    public override void Save(CheckpointWriter writer)
    {
        base.Save(writer);
        writer.Write("controller", _controller);
        writer.Write("baseline", _baseline);
    }

    /// <inheritdoc/>
    public override void Restore(CheckpointReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        base.Restore(reader);
        reader.Restore("controller", _controller);
        reader.Restore("baseline", _baseline);
    }

    private protected override IReadOnlyList<Architecture> Propose(CounterRandom random)
    {
        _sampled = [];
        for (var attempt = 0; _sampled.Count < _options.SamplesAnUpdate && attempt < Attempts; attempt++)
        {
            _sampled.AddRange(Sample(_options.SamplesAnUpdate - _sampled.Count, random).Where(choices => Candidates.Budget.Allows(Candidates.Budget.Of(choices))));
        }

        if (_sampled.Count == 0)
        {
            _sampled.Add(Candidates.Genes.Encode(Candidates.Known));
        }

        return [.. _sampled.Select(choices => Candidates.Genes.Decode(choices)).Distinct().Where(candidate => !State.IsVisited(candidate))];
    }

    private protected override void Learn(int judged)
    {
        double[] rewards = [.. _sampled.Select(choices => -State.LossOf(Candidates.Genes.Decode(choices)))];
        // A loss that is not a number is as bad as the worst of the others.
        var worst = rewards.Where(double.IsFinite).DefaultIfEmpty(0).Min();
        var advantages = _baseline.Advantages([.. rewards.Select(reward => double.IsFinite(reward) ? reward : worst)]);
        var costs = Enumerable.Repeat(Candidates.Budget.Least, _sampled.Count).ToArray();
        var decisions = new List<Decision[]>();
        for (var gene = 0; gene < Candidates.Genes.Length; gene++)
        {
            var ofGene = new Decision[_sampled.Count];
            for (var row = 0; row < ofGene.Length; row++)
            {
                var choice = _sampled[row][gene];
                ofGene[row] = new Decision(Candidates.Fitting(costs[row], gene), choice, advantages[row]);
                costs[row] = Candidates.Budget.With(costs[row], gene, choice);
            }

            decisions.Add(ofGene);
        }

        _controller.Update(decisions);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _controller.Dispose();
        _device.Dispose();
        base.Dispose(disposing);
    }

    private int[][] Sample(int count, CounterRandom random)
    {
        var sequences = Enumerable.Range(0, count).Select(_ => new int[Candidates.Genes.Length]).ToArray();
        var costs = Enumerable.Repeat(Candidates.Budget.Least, count).ToArray();
        _controller.Sample(count, (gene, logits) =>
        {
            var width = Candidates.Genes.Choices[gene];
            for (var row = 0; row < count; row++)
            {
                var choice = CategoricalPolicy.Draw(
                    logits.AsSpan(row * width, width), Candidates.Fitting(costs[row], gene), random.NextUniform());
                sequences[row][gene] = choice;
                costs[row] = Candidates.Budget.With(costs[row], gene, choice);
            }

            return [.. sequences.Select(sequence => sequence[gene])];
        });
        return sequences;
    }
}
