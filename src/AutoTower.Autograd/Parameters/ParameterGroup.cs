using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Parameters;

/// <summary>
/// Parameters that move together: a block type at one position, a pooling, the embedding tables. They are contiguous, and a step that
/// does not use the group leaves them untouched.
/// </summary>
public sealed class ParameterGroup
{
    private readonly List<Parameter> _parameters = [];
    private readonly List<Parameter> _buffers = [];

    internal ParameterGroup(string name, int index)
    {
        Name = name;
        Index = index;
    }

    /// <summary>Prefix of the names of its parameters, for example <c>user_tower.blocks.0.mlp-512</c>.</summary>
    public string Name { get; }

    /// <summary>Position among the groups of the store, and of its update counter.</summary>
    public int Index { get; }

    /// <summary>Trainable parameters.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>Running statistics and constants: saved, but not trained.</summary>
    public IReadOnlyList<Parameter> Buffers => _buffers;

    /// <summary>Number of trainable values.</summary>
    public long Count => _parameters.Sum(parameter => (long)parameter.Count);

    /// <summary>The range of the slabs that the optimiser updates; valid once the store is allocated.</summary>
    public ParameterSegment Segment { get; internal set; }

    /// <summary>Adds a weight (<paramref name="rows"/>, <paramref name="columns"/>) = (out, in).</summary>
    public Parameter AddMatrix(string name, int rows, int columns, Initialiser initialiser) =>
        Add(_parameters, new Parameter(rows, columns, initialiser, [new ParameterPart(Qualify(name), 0, rows, false)]));

    /// <summary>Adds an embedding table, which is read by row only; one row may get a gradient while others do not.</summary>
    public Parameter AddTable(string name, int rows, int columns, Initialiser initialiser)
    {
        var table = AddMatrix(name, rows, columns, initialiser);
        table.IsTable = true;
        return table;
    }

    /// <summary>Adds a vector, seen by operations as (1, <paramref name="length"/>).</summary>
    public Parameter AddVector(string name, int length, Initialiser initialiser) =>
        Add(_parameters, new Parameter(1, length, initialiser, [new ParameterPart(Qualify(name), 0, length, true)]));

    /// <summary>Adds a linear layer (out, in) with bias, both uniform in +-1/sqrt(in).</summary>
    public LinearLayer AddLinear(string name, int input, int output, bool bias = true) => AddFusedLinear([name], input, output, bias);

    /// <summary>
    /// Adds linear layers over the same input, one product: the fused weight is (names * output, input). Saved under their own names.
    /// </summary>
    public LinearLayer AddFusedLinear(IReadOnlyList<string> names, int input, int output, bool bias = true)
    {
        ArgumentNullException.ThrowIfNull(names);
        var initialiser = Initialiser.Uniform.FanIn(input);
        var rows = names.Count * output;
        var weights = names.Select((name, i) => new ParameterPart(Qualify(name + ".weight"), i * output, output, false)).ToList();
        var weight = Add(_parameters, new Parameter(rows, input, initialiser, weights));
        if (!bias)
        {
            return new LinearLayer(weight, null);
        }

        var biases = names.Select((name, i) => new ParameterPart(Qualify(name + ".bias"), i * output, output, true)).ToList();
        return new LinearLayer(weight, Add(_parameters, new Parameter(1, rows, initialiser, biases)));
    }

    /// <summary>Adds a batch norm layer of <paramref name="width"/> features: weight 1, bias 0, running mean 0, running variance 1.</summary>
    public BatchNormLayer AddBatchNorm(string name, int width) => new(
        AddVector(name + ".weight", width, new Initialiser.Constant(1)),
        AddVector(name + ".bias", width, new Initialiser.Constant(0)),
        AddBuffer(name + ".running_mean", width, 0),
        AddBuffer(name + ".running_var", width, 1));

    /// <summary>Adds a layer norm layer of <paramref name="width"/> features: weight 1, bias 0.</summary>
    public LayerNormLayer AddLayerNorm(string name, int width) => new(
        AddVector(name + ".weight", width, new Initialiser.Constant(1)),
        AddVector(name + ".bias", width, new Initialiser.Constant(0)));

    /// <summary>Adds a matrix that is drawn and saved, but not trained.</summary>
    public Parameter AddConstant(string name, int rows, int columns, Initialiser initialiser) =>
        Add(_buffers, new Parameter(rows, columns, initialiser, [new ParameterPart(Qualify(name), 0, rows, false)]));

    private Parameter AddBuffer(string name, int length, float value) =>
        Add(_buffers, new Parameter(1, length, new Initialiser.Constant(value), [new ParameterPart(Qualify(name), 0, length, true)]));

    private string Qualify(string name) => $"{Name}.{name}";

    private static Parameter Add(List<Parameter> list, Parameter parameter)
    {
        list.Add(parameter);
        return parameter;
    }
}
