using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Space;

namespace AutoTower.Search.Baselines;

/// <summary>
/// A transformer layer over histories (Vaswani et al. 2017): x + position; multi-head attention with an output projection, added, layer
/// norm; linear, ReLU, linear, added, layer norm. Two heads where d can be split; no dropout, as in the DNN.
/// </summary>
internal sealed class TransformerLayer
{
    private readonly int _heads;
    private readonly Parameter _position;
    private readonly LinearLayer _projections;
    private readonly LinearLayer _output;
    private readonly LayerNormLayer _attentionNorm;
    private readonly LinearLayer _inner;
    private readonly LinearLayer _outer;
    private readonly LayerNormLayer _norm;

    /// <summary>Declares the parameters for histories of <paramref name="length"/> rows of <paramref name="width"/> = d.</summary>
    public TransformerLayer(ParameterGroup group, int length, int width, int innerWidth)
    {
        _heads = width % 2 == 0 ? 2 : 1;
        _position = group.AddMatrix("position", length, width, new Initialiser.StandardNormal());
        _projections = group.AddFusedLinear(["query", "key", "value"], width, width);
        _output = group.AddLinear("attention", width, width);
        _attentionNorm = group.AddLayerNorm("attention.norm", width);
        _inner = group.AddLinear("inner", width, innerWidth);
        _outer = group.AddLinear("outer", innerWidth, width);
        _norm = group.AddLayerNorm("norm", width);
    }

    /// <summary>
    /// Its cost for histories of L rows of d: position; projections and attention; two linear layers; two layer norms, each one
    /// multiplication by the deviation and one by gamma an element.
    /// </summary>
    public static Complexity Cost(long length, long width, long innerWidth) => new(
        (length * width) + (4 * (width + 1) * width) + (((2 * width) + 1) * innerWidth) + width + (4 * width),
        (4 * length * width * width) + (2 * length * length * width) + (2 * length * width * innerWidth) + (4 * length * width));

    /// <summary>The layer's output (B*L, d) for histories (B*L, d) with <paramref name="lengths"/> valid rows; what it has at padding means nothing.</summary>
    public Tensor Forward(Tape tape, Tensor history, IntegerArray lengths)
    {
        var positioned = Like(tape, history);
        tape.AddPosition(history, _position.Tensor, positioned);
        var projected = tape.NewTensor(history.Rows, 3 * history.Columns);
        tape.Linear(positioned, _projections, projected);
        var attended = Like(tape, history);
        tape.SequenceAttention(projected, lengths, _heads, attended);
        var output = Like(tape, history);
        tape.Linear(attended, _output, output);
        var first = Like(tape, history);
        tape.AddLayerNorm(output, positioned, _attentionNorm, first);

        var inner = tape.NewTensor(history.Rows, _inner.Weight.Rows);
        tape.Linear(first, _inner, inner);
        var active = tape.NewTensor(history.Rows, _inner.Weight.Rows);
        tape.Activate(Activation.Relu, inner, active);
        var outer = Like(tape, history);
        tape.Linear(active, _outer, outer);
        var second = Like(tape, history);
        tape.AddLayerNorm(outer, first, _norm, second);
        return second;
    }

    private static Tensor Like(Tape tape, Tensor history) => tape.NewTensor(history.Rows, history.Columns);
}
