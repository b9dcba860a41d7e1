using AutoTower.Search.Cost;
using AutoTower.Search.Space;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AutoTower.Bench.Torch;

/// <summary>A tower of the supernet in TorchSharp: an alignment and, at each position, one block of every type.</summary>
internal sealed class TorchTower : TorchLayer
{
    private readonly Linear _alignment;
    private readonly Dictionary<string, TorchBlock>[] _blocks;

    public TorchTower(int inputWidth, IReadOnlyList<IReadOnlyList<BlockType>> choices, ModelShape shape)
    {
        _alignment = AddLinear(inputWidth, shape.BlockWidth);
        _blocks = [.. choices.Select((types, position) => types.ToDictionary(
            type => type.Name, type => TorchBlock.Create(type, position, position == choices.Count - 1, shape)))];
    }

    public IEnumerable<Parameter> AllParameters => Parameters.Concat(_blocks.SelectMany(blocks => blocks.Values).SelectMany(block => block.Parameters));

    protected override long MultiplyAccumulates => Products(_alignment);

    /// <summary>The alignment and the blocks of a path.</summary>
    public IEnumerable<TorchLayer> Path(IReadOnlyList<BlockType> path) => path.Select((type, position) => (TorchLayer)_blocks[position][type.Name]).Prepend(this);

    /// <summary>(B, in) -> (B, O), rows of length 1.</summary>
    public Tensor Forward(Tensor input, IReadOnlyList<BlockType> path)
    {
        var states = new List<Tensor> { _alignment.forward(input) };
        for (var position = 0; position < path.Count; position++)
        {
            states.Add(_blocks[position][path[position].Name].Forward(position == 0 ? states[0] : cat(states, 1)));
        }

        return nn.functional.normalize(states[^1]);
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (var block in _blocks.SelectMany(blocks => blocks.Values))
        {
            block.Dispose();
        }
    }
}
