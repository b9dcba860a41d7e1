using AutoTower.Search.Cost;
using AutoTower.Search.Space;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AutoTower.Bench.Torch;

/// <summary>A choice block in TorchSharp: its operation, batch norm (not in the last block), ReLU.</summary>
internal abstract class TorchBlock : TorchLayer
{
    private readonly BatchNorm1d? _norm;

    protected TorchBlock(int inputs, bool isLast, ModelShape shape)
    {
        Inputs = inputs;
        Width = shape.BlockWidth;
        Output = isLast ? shape.OutputWidth : shape.BlockWidth;
        _norm = isLast ? null : Add(nn.BatchNorm1d(Output));
    }

    protected int Inputs { get; }

    protected int Width { get; }

    protected int Output { get; }

    protected sealed override long MultiplyAccumulates => OperationCost + (_norm is null ? 0 : Output);

    protected abstract long OperationCost { get; }

    public static TorchBlock Create(BlockType type, int position, bool isLast, ModelShape shape)
    {
        var kind = type.Name.Split('-');
        return kind[0] switch
        {
            "mlp" => new Mlp(int.Parse(kind[1]), position + 1, isLast, shape),
            "ew" => new Elementwise(kind[1], position + 1, isLast, shape),
            "sa" => new SelfAttention(int.Parse(kind[1]), position + 1, isLast, shape),
            _ => throw new ArgumentException($"There is no {type.Name} in the TorchSharp model."),
        };
    }

    /// <summary>(B, n*D) -> (B, out).</summary>
    public Tensor Forward(Tensor inputs)
    {
        var output = Apply(inputs);
        return nn.functional.relu(_norm is null ? output : _norm.forward(output));
    }

    protected abstract Tensor Apply(Tensor inputs);

    private sealed class Mlp : TorchBlock
    {
        private readonly Linear _hidden;
        private readonly Linear _output;

        public Mlp(int hidden, int inputs, bool isLast, ModelShape shape)
            : base(inputs, isLast, shape)
        {
            _hidden = AddLinear(inputs * Width, hidden);
            _output = AddLinear(hidden, Output);
        }

        protected override long OperationCost => Products(_hidden) + Products(_output);

        protected override Tensor Apply(Tensor inputs) => _output.forward(_hidden.forward(inputs));
    }

    private sealed class Elementwise : TorchBlock
    {
        private readonly string _reduction;
        private readonly Linear _output;

        public Elementwise(string reduction, int inputs, bool isLast, ModelShape shape)
            : base(inputs, isLast, shape)
        {
            _reduction = reduction;
            _output = AddLinear(Width, Output);
        }

        protected override long OperationCost =>
            Products(_output) + (_reduction == "avg" ? Width : _reduction == "ip" ? Inputs * Width : 0);

        protected override Tensor Apply(Tensor inputs)
        {
            var tokens = inputs.view(-1, Inputs, Width);
            return _output.forward(_reduction switch
            {
                "sum" => tokens.sum(1),
                "avg" => tokens.mean([1]),
                "ip" => tokens.prod(1),
                "max" => tokens.max(1).values,
                _ => tokens.min(1).values,
            });
        }
    }

    private sealed class SelfAttention : TorchBlock
    {
        private readonly int _heads;
        private readonly int _headWidth;
        private readonly Linear _projections; // query, key, value and residual in one product
        private readonly Linear _output;

        public SelfAttention(int heads, int inputs, bool isLast, ModelShape shape)
            : base(inputs, isLast, shape)
        {
            _heads = heads;
            _headWidth = shape.HeadWidth;
            _projections = AddLinear(Width, 4 * heads * _headWidth);
            _output = AddLinear(inputs * heads * _headWidth, Output);
        }

        protected override long OperationCost =>
            (Inputs * Products(_projections)) + (2L * Inputs * Inputs * _heads * _headWidth) + Products(_output);

        protected override Tensor Apply(Tensor inputs)
        {
            var parts = _projections.forward(inputs.view(-1, Inputs, Width)).chunk(4, -1);
            Tensor Heads(Tensor part) => part.view(-1, Inputs, _heads, _headWidth).transpose(1, 2); // (B, H, n, A)
            var scores = Heads(parts[0]).matmul(Heads(parts[1]).transpose(-2, -1)).mul(1 / MathF.Sqrt(_headWidth));
            var attended = scores.softmax(-1).matmul(Heads(parts[2])).transpose(1, 2).reshape(-1, Inputs, _heads * _headWidth);
            return _output.forward(attended.add(parts[3]).view(-1, Inputs * _heads * _headWidth));
        }
    }
}
