using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Memory;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Optimisers;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Checkpoints;

namespace AutoTower.Search.Strategies.Reinforcement;

/// <summary>
/// The recurrent controller of ENAS: an LSTM that writes an architecture gene by gene. It is fed the embedding of its last choice and its
/// state gives the logits of the next through a linear layer of that gene's own. Embeddings are as wide as the four gates, into which they
/// are added.
/// </summary>
internal sealed class Controller : ICheckpointed, IDisposable
{
    private readonly ParameterStore _store = new();
    private readonly ControllerOptions _options;
    private readonly int[] _firstIds;
    private readonly LinearLayer _recurrence;
    private readonly LinearLayer[] _heads;
    private readonly Parameter _embeddings;
    private readonly DeviceBuffer<int> _identity;
    private readonly Device _device;
    private readonly Adam _optimiser;
    private readonly Arena _arena;

    /// <summary>Creates a controller.</summary>
    /// <param name="device">Where it runs.</param>
    /// <param name="choices">Number of choices of each gene.</param>
    /// <param name="options">Its sizes and learning rate.</param>
    /// <param name="seed">Seed of the initial values.</param>
    public Controller(Device device, IReadOnlyList<int> choices, ControllerOptions options, ulong seed)
    {
        _device = device;
        _options = options;
        var width = options.HiddenWidth;
        var group = _store.AddGroup("controller");
        // Id 0 stands for the beginning and is the zero vector.
        _firstIds = [.. choices.Select((_, gene) => 1 + choices.Take(gene).Sum())];
        var rows = 1 + choices.Sum();
        _embeddings = group.AddMatrix("embeddings", rows, 4 * width, Initialiser.Uniform.FanIn(width));
        _recurrence = group.AddLinear("recurrence", width, 4 * width);
        _heads = [.. choices.Select((count, gene) => group.AddLinear($"heads.{gene}", width, count))];
        _store.Allocate(device, seed);
        _identity = new DeviceBuffer<int>(device, [.. Enumerable.Range(0, rows)], "controller embedding rows");
        _optimiser = new Adam(_store, new AdamSettings(options.LearningRate) { WeightDecay = 0 });
        _arena = new Arena(device, "controller");
    }

    /// <summary>Writes <paramref name="count"/> sequences side by side.</summary>
    /// <param name="count">N.</param>
    /// <param name="choose">Given the gene and its logits (N, choices), row by row, returns the N choices.</param>
    public void Sample(int count, Func<int, float[], int[]> choose) => Unroll(NewTape(ForwardMode.Inference), count, (gene, logits) =>
    {
        var values = new float[logits.Value.Count];
        _device.Download(logits.Value.Address, values.AsSpan());
        return choose(gene, values);
    });

    /// <summary>Takes one step of REINFORCE.</summary>
    /// <param name="decisions">Per gene, the decisions of the sequences.</param>
    /// <returns>The loss before the step.</returns>
    public double Update(IReadOnlyList<IReadOnlyList<Decision>> decisions)
    {
        var tape = NewTape(ForwardMode.Training);
        var loss = 0.0;
        Unroll(tape, decisions[0].Count, (gene, logits) =>
        {
            loss += tape.PolicyLoss(logits, decisions[gene], _options.EntropyWeight);
            return [.. decisions[gene].Select(decision => decision.Choice)];
        });
        tape.Backward();
        _optimiser.Step(_store.Groups);
        return loss;
    }

    public void Save(CheckpointWriter writer)
    {
        writer.Write("values", _store.Values);
        _optimiser.Save(writer);
    }

    public void Restore(CheckpointReader reader)
    {
        reader.Read("values", _store.Values);
        _optimiser.Restore(reader);
    }

    public void Dispose()
    {
        _arena.Dispose();
        _optimiser.Dispose();
        _identity.Dispose();
        _store.Dispose();
    }

    private Tape NewTape(ForwardMode mode)
    {
        _arena.Reset();
        return new Tape(_arena, mode);
    }

    private void Unroll(Tape tape, int count, Func<int, Tensor, int[]> choose)
    {
        var width = _options.HiddenWidth;
        var hidden = Zeros(tape, count, width);
        var cell = Zeros(tape, count, width);
        var ids = new int[count];
        for (var gene = 0; gene < _heads.Length; gene++)
        {
            (hidden, cell) = Step(tape, ids, hidden, cell);
            var choices = choose(gene, Logits(tape, gene, hidden));
            for (var row = 0; row < count; row++)
            {
                ids[row] = _firstIds[gene] + choices[row];
            }
        }
    }

    /// <summary>The LSTM cell: gates f, i, o = sigmoid, g = tanh; c' = f c + i g; h' = o tanh(c').</summary>
    private (Tensor Hidden, Tensor Cell) Step(Tape tape, int[] ids, Tensor hidden, Tensor cell)
    {
        var (count, width) = (hidden.Rows, hidden.Columns);
        var terms = tape.NewTensor(count, 8 * width); // (N, 2*4H): embedding, recurrence
        var rows = new IntegerArray(_identity.Address, (int)_identity.Length);
        tape.Gather(
            tape.Arena.NewIntegers(ids),
            [new FieldLookup(_embeddings.Tensor.Value, _embeddings.Tensor.Gradient, rows, IntegerArray.None, FirstOnly: false)],
            terms.SliceColumns(0, 4 * width));
        tape.Linear(hidden, _recurrence, terms.SliceColumns(4 * width, 4 * width));
        var sums = tape.NewTensor(count, 4 * width); // (N, 4H): f, i, o, g
        tape.ReduceTokens(Reduction.Sum, terms, 2, sums);
        var gates = tape.NewTensor(count, 3 * width); // (N, 3H): f, i, o
        tape.Activate(Activation.Sigmoid, sums.SliceColumns(0, 3 * width), gates);

        var states = tape.NewTensor(count, 2 * width); // (N, 2H): c, g
        tape.Copy(cell, states.SliceColumns(0, width));
        tape.Activate(Activation.Tanh, sums.SliceColumns(3 * width, width), states.SliceColumns(width, width));
        var gated = tape.NewTensor(count, 2 * width);
        tape.ScaleTokens(states, gates.SliceColumns(0, 2 * width), gated);
        var newCell = tape.NewTensor(count, width);
        tape.ReduceTokens(Reduction.Sum, gated, 2, newCell);

        var active = tape.NewTensor(count, width);
        tape.Activate(Activation.Tanh, newCell, active);
        var newHidden = tape.NewTensor(count, width);
        tape.ScaleTokens(active, gates.SliceColumns(2 * width, width), newHidden);
        return (newHidden, newCell);
    }

    /// <summary>bound tanh(head(h)), (N, choices).</summary>
    private Tensor Logits(Tape tape, int gene, Tensor hidden)
    {
        var (count, choices) = (hidden.Rows, _heads[gene].Weight.Rows);
        var raw = tape.NewTensor(count, choices);
        tape.Linear(hidden, _heads[gene], raw);
        var squashed = tape.NewTensor(count, choices);
        tape.Activate(Activation.Tanh, raw, squashed);
        var bound = new float[count];
        Array.Fill(bound, _options.LogitBound);
        var scale = tape.NewTensor(count, 1);
        _device.Upload<float>(bound, scale.Value.Address);
        var logits = tape.NewTensor(count, choices);
        tape.ScaleTokens(squashed, scale, logits);
        return logits;
    }

    private Tensor Zeros(Tape tape, int rows, int columns)
    {
        var zeros = tape.NewTensor(rows, columns);
        _device.Zero(zeros.Value.Address, zeros.Value.Count * sizeof(float));
        return zeros;
    }
}
