using AutoTower.Autograd;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;

namespace AutoTower.Search.Baselines;

/// <summary>The DNN of a baseline's tower: hidden layers, each linear, batch norm, ReLU; then linear to O, of length 1 (SPEC.md, Cost model).</summary>
internal sealed class DenseTower
{
    private readonly (LinearLayer Linear, BatchNormLayer Norm)[] _hidden;
    private readonly LinearLayer _output;

    /// <summary>Declares the parameters of a tower over inputs of <paramref name="input"/> columns.</summary>
    public DenseTower(ParameterStore store, string name, int input, IReadOnlyList<int> layers, int output)
    {
        var group = store.AddGroup(name);
        _hidden = new (LinearLayer, BatchNormLayer)[layers.Count];
        for (var i = 0; i < layers.Count; i++)
        {
            _hidden[i] = (group.AddLinear($"dense.{i}", input, layers[i]), group.AddBatchNorm($"dense.{i}.norm", layers[i]));
            input = layers[i];
        }

        _output = group.AddLinear("output", input, output);
    }

    /// <summary>Vectors (N, O) of length 1 for inputs (N, in).</summary>
    public Tensor Forward(Tape tape, Tensor input)
    {
        foreach (var (linear, norm) in _hidden)
        {
            var beforeNorm = tape.NewTensor(input.Rows, linear.Weight.Rows);
            tape.Linear(input, linear, beforeNorm);
            input = tape.NewTensor(input.Rows, linear.Weight.Rows);
            tape.BatchNormRelu(beforeNorm, norm, input);
        }

        var output = tape.NewTensor(input.Rows, _output.Weight.Rows);
        tape.Linear(input, _output, output);
        var vectors = tape.NewTensor(output.Rows, output.Columns);
        tape.L2Normalise(output, vectors);
        return vectors;
    }
}
