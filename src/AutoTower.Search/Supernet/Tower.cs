using AutoTower.Autograd;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Cost;
using AutoTower.Search.Space;

namespace AutoTower.Search.Supernet;

/// <summary>
/// One tower of the supernet: an alignment to D and, at each position, one set of parameters for every block type that may stand there.
/// The aligned input and the outputs of all blocks but the last lie side by side in one (B, blocks*D) matrix, so that "all earlier
/// outputs" is a view of its first n*D columns and concatenation costs nothing.
/// </summary>
internal sealed class Tower
{
    private readonly LinearLayer _alignment;
    private readonly ParameterGroup _alignmentGroup;
    private readonly IReadOnlyList<IReadOnlyList<BlockType>> _types;
    private readonly Dictionary<string, ChoiceBlock>[] _choices;
    private readonly ModelShape _shape;

    public Tower(ParameterStore store, string name, int inputWidth, IReadOnlyList<IReadOnlyList<BlockType>> choices, ModelShape shape)
    {
        _shape = shape;
        _alignmentGroup = store.AddGroup(name);
        _alignment = _alignmentGroup.AddLinear("alignment", inputWidth, shape.BlockWidth);
        _types = choices;
        _choices = new Dictionary<string, ChoiceBlock>[choices.Count];
        for (var position = 0; position < choices.Count; position++)
        {
            var isLast = position == choices.Count - 1;
            var blockShape = shape.BlockAt(position, isLast);
            _choices[position] = [];
            foreach (var type in choices[position])
            {
                _choices[position].Add(type.Name, new ChoiceBlock(store, name, position, type, blockShape, isLast));
            }
        }
    }

    /// <summary>
    /// The L2-normalised output (B, O) of the path <paramref name="blocks"/> for input (B, in). With <paramref name="gates"/>, a (B, types)
    /// a position, these have gradients too (<see cref="MixedChoice"/>).
    /// </summary>
    public Tensor Forward(Tape tape, Tensor input, IReadOnlyList<BlockType> blocks, IReadOnlyList<Tensor>? gates = null)
    {
        var width = _shape.BlockWidth;
        var states = tape.NewTensor(input.Rows, blocks.Count * width);
        tape.Linear(input, _alignment, states.SliceColumns(0, width));
        var last = tape.NewTensor(input.Rows, _shape.OutputWidth);
        for (var position = 0; position < blocks.Count; position++)
        {
            var output = position == blocks.Count - 1 ? last : states.SliceColumns((position + 1) * width, width);
            var inputs = states.SliceColumns(0, (position + 1) * width);
            if (gates is null)
            {
                Choice(position, blocks[position]).Forward(tape, inputs, output);
            }
            else
            {
                var types = _types[position];
                MixedChoice.Mix(
                    tape,
                    types.TakeWhile(type => type != blocks[position]).Count(),
                    gates[position],
                    output,
                    (k, on, to) => Choice(position, types[k]).Forward(on, inputs, to));
            }
        }

        var normalised = tape.NewTensor(input.Rows, _shape.OutputWidth);
        tape.L2Normalise(last, normalised);
        return normalised;
    }

    /// <summary>The path for kernels of whole towers; null where a block's type does not take part.</summary>
    public TowerPath? Fused(IReadOnlyList<BlockType> blocks)
    {
        var fused = new TowerBlock[blocks.Count];
        for (var position = 0; position < blocks.Count; position++)
        {
            if (Choice(position, blocks[position]).Fused is not { } block)
            {
                return null;
            }

            fused[position] = block;
        }

        return new TowerPath(_alignment, fused);
    }

    /// <summary>The parameter groups of a path.</summary>
    public IEnumerable<ParameterGroup> Path(IReadOnlyList<BlockType> blocks) =>
        blocks.Select((block, position) => Choice(position, block).Group).Prepend(_alignmentGroup);

    private ChoiceBlock Choice(int position, BlockType type) =>
        _choices[position].TryGetValue(type.Name, out var choice)
            ? choice
            : throw new ArgumentException($"Block {type.Name} at position {position} is not in this model's search space.");
}
