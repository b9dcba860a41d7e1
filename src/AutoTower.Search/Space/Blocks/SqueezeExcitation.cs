using AutoTower.Autograd;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;

namespace AutoTower.Search.Space.Blocks;

/// <summary>
/// Squeeze and excitation of n tokens (Hu et al. 2018, the paper's reference 14): each token's mean, linear(n, r), ReLU, linear(r, n),
/// sigmoid with r = max(1, n/2); every token is scaled by its weight.
/// </summary>
/// <param name="group">Where the parameters are declared.</param>
/// <param name="tokens">n.</param>
internal sealed class SqueezeExcitation(ParameterGroup group, int tokens)
{
    private readonly LinearLayer _reduce = group.AddLinear("reduce", tokens, Reduced(tokens));
    private readonly LinearLayer _excite = group.AddLinear("excite", Reduced(tokens), tokens);

    /// <summary>Parameters (n+1)r + (r+1)n; MACs 2nr, nD for the means and nD for the scaling.</summary>
    public static Complexity Cost(long tokens, long width)
    {
        var reduced = Reduced((int)tokens);
        return new Complexity(((tokens + 1) * reduced) + ((reduced + 1) * tokens), (2 * tokens * reduced) + (2 * tokens * width));
    }

    /// <summary>The scaled tokens (B, n*D) of <paramref name="inputs"/> (B, n*D).</summary>
    public Tensor Forward(Tape tape, Tensor inputs)
    {
        var means = tape.NewTensor(inputs.Rows, tokens);
        tape.TokenMeans(inputs, means);
        var reduced = tape.NewTensor(inputs.Rows, _reduce.Weight.Rows);
        tape.Linear(means, _reduce, reduced);
        var active = tape.NewTensor(inputs.Rows, _reduce.Weight.Rows);
        tape.Activate(Activation.Relu, reduced, active);
        var excited = tape.NewTensor(inputs.Rows, tokens);
        tape.Linear(active, _excite, excited);
        var scale = tape.NewTensor(inputs.Rows, tokens);
        tape.Activate(Activation.Sigmoid, excited, scale);
        var scaled = tape.NewTensor(inputs.Rows, inputs.Columns);
        tape.ScaleTokens(inputs, scale, scaled);
        return scaled;
    }

    private static int Reduced(int tokens) => Math.Max(1, tokens / 2);
}
