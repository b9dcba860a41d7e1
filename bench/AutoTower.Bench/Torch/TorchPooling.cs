using AutoTower.Search.Cost;
using AutoTower.Search.Space;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AutoTower.Bench.Torch;

/// <summary>A history as the poolings want it.</summary>
/// <param name="Rows">(B, L, d), zero at padding.</param>
/// <param name="Valid">(B, L): 1, or 0 at padding.</param>
/// <param name="Padding">(B, L): true at padding.</param>
/// <param name="Counts">(B, 1): number of valid rows, at least 1.</param>
/// <param name="NonEmpty">(B, 1): 1, or 0 for an empty history.</param>
internal sealed record TorchHistory(Tensor Rows, Tensor Valid, Tensor Padding, Tensor Counts, Tensor NonEmpty);

/// <summary>A pooling in TorchSharp, in the same order of operations as AutoTower's.</summary>
internal abstract class TorchPooling : TorchLayer
{
    private const float AlmostMinusInfinity = -1e9f;

    public static TorchPooling Create(PoolingType type, ModelShape shape) => type.Name switch
    {
        "self-attention" => new SelfAttention(shape),
        "self-attentive" => new SelfAttentive(shape),
        _ => new Sum(type.Name == "average", shape),
    };

    /// <summary>(B, L, d) -> (B, d).</summary>
    public abstract Tensor Forward(TorchHistory history);

    private static Tensor MaskedSoftmax(Tensor scores, Tensor padding) => scores.masked_fill(padding, AlmostMinusInfinity).softmax(-1);

    private sealed class Sum(bool average, ModelShape shape) : TorchPooling
    {
        protected override long MultiplyAccumulates => (long)shape.HistoryLength * shape.HistoryWidth;

        public override Tensor Forward(TorchHistory history)
        {
            var sum = history.Rows.sum(1); // Padding is zero.
            return average ? sum.div(history.Counts) : sum;
        }
    }

    private sealed class SelfAttentive : TorchPooling
    {
        private readonly Parameter _position;
        private readonly Linear _hidden;
        private readonly Linear _score;

        public SelfAttentive(ModelShape shape)
        {
            _position = Add(randn(shape.HistoryLength, shape.HistoryWidth));
            _hidden = AddLinear(shape.HistoryWidth, shape.HistoryWidth, bias: false);
            _score = AddLinear(shape.HistoryWidth, 1, bias: false);
        }

        // The scores, the weighted sum, and tanh and position count d a row each.
        protected override long MultiplyAccumulates => _position.shape[0] * (Products(_hidden) + (3 * Products(_score)));

        public override Tensor Forward(TorchHistory history)
        {
            var scores = _score.forward(_hidden.forward(history.Rows.add(_position)).tanh()).squeeze(-1); // (B, L)
            var weights = MaskedSoftmax(scores, history.Padding);
            return weights.unsqueeze(1).bmm(history.Rows).squeeze(1);
        }
    }

    private sealed class SelfAttention : TorchPooling
    {
        private readonly Parameter _position;
        private readonly Linear _queryKey;
        private readonly Linear _value;
        private readonly Linear _output;

        public SelfAttention(ModelShape shape)
        {
            var width = shape.HistoryWidth;
            _position = Add(randn(shape.HistoryLength, width));
            _queryKey = AddLinear(width, 2 * width);
            _value = AddLinear(width, width);
            _output = AddLinear(width, width);
        }

        // The analytic cost projects every row, as SPEC.md counts. Both engines take the mean before value and output projection.
        protected override long MultiplyAccumulates
        {
            get
            {
                var (length, width) = (_position.shape[0], _position.shape[1]);
                return (length * (Products(_queryKey) + Products(_value) + Products(_output))) + (2 * length * length * width) + (length * width);
            }
        }

        public override Tensor Forward(TorchHistory history)
        {
            var positioned = history.Rows.add(_position); // (B, L, d)
            var parts = _queryKey.forward(positioned).chunk(2, -1);
            var scores = parts[0].bmm(parts[1].transpose(1, 2)).mul(1 / MathF.Sqrt(_position.shape[1])); // (B, L, L)
            var attention = nn.functional.dropout(MaskedSoftmax(scores, history.Padding.unsqueeze(1)), 0.2, training: true);
            var weights = history.Valid.div(history.Counts).unsqueeze(1).bmm(attention).squeeze(1).mul(history.Valid); // (B, L): mean over valid rows
            var mass = weights.sum(1, keepdim: true);
            var pooled = weights.unsqueeze(1).bmm(positioned).squeeze(1);
            var values = pooled.matmul(_value.weight.t()).add(mass.mul(_value.bias!));
            return values.matmul(_output.weight.t()).add(history.NonEmpty.mul(_output.bias!));
        }
    }
}
