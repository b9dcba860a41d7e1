using AutoTower.Search.Artefacts;
using AutoTower.Search.Space;

namespace AutoTower.Search.Export;

/// <summary>
/// Collects the inference form of a tower: ONNX operators, and linear and batch norm layers as units that <see cref="GraphFolding"/> may
/// merge before they are written. Shapes in comments leave the batch dimension B first.
/// </summary>
public sealed class GraphBuilder
{
    // Far below any score, and finite: softmax over a row without a valid entry stays a number.
    private const float Masked = -1e30f;

    private readonly Dictionary<string, GraphConstant> _constants = [];
    private int _values;

    internal List<GraphNode> Nodes { get; } = [];

    internal List<GraphInput> Inputs { get; } = [];

    internal IReadOnlyCollection<GraphConstant> Constants => _constants.Values;

    /// <summary>An ONNX operator with one output.</summary>
    /// <param name="type">Its type, for example <c>Relu</c>.</param>
    /// <param name="inputs">What it reads.</param>
    /// <param name="cost">Its parameters, and multiply-accumulates for one example.</param>
    /// <param name="attributes">Its attributes.</param>
    public GraphValue Operator(
        string type, IReadOnlyList<GraphValue> inputs, Complexity cost = default, params IReadOnlyList<GraphAttribute> attributes)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(inputs);
        return Add(NewValue(type), type, inputs, cost, attributes);
    }

    /// <summary>A linear layer over the last dimension of (B, in), or of (B, <paramref name="rows"/>, in).</summary>
    public GraphValue Linear(GraphValue input, LinearWeights weights, int rows = 1)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(weights);
        var output = NewValue("Linear");
        Nodes.Add(new LinearNode(input.Name, output.Name, weights, rows));
        return output;
    }

    /// <summary>Batch norm of (B, D) with running statistics.</summary>
    public GraphValue BatchNorm(GraphValue input, BatchNormWeights weights)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(weights);
        var output = NewValue("BatchNormalization");
        Nodes.Add(new BatchNormNode(input.Name, output.Name, weights));
        return output;
    }

    /// <summary>A constant of integers; equal names must mean equal constants.</summary>
    public GraphValue Integers(string name, IReadOnlyList<long> shape, long[] values) => Constant(new GraphConstant(name, shape, null, values));

    /// <summary>A constant vector of integers.</summary>
    public GraphValue Integers(params long[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return Integers("integers_" + string.Join('_', values), [values.Length], values);
    }

    /// <summary>A constant scalar.</summary>
    public GraphValue Scalar(string name, float value) => Constant(new GraphConstant(name, [], [value], null));

    /// <summary>A model's tensor as a constant.</summary>
    public GraphValue Tensor(NamedTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return Constant(new GraphConstant(tensor.Name, [.. tensor.Shape.Select(size => (long)size)], tensor.Values, null));
    }

    /// <summary>The same values in another shape; -1 stands for the batch.</summary>
    public GraphValue Reshape(GraphValue input, params long[] shape) => Operator("Reshape", [input, Integers(shape)]);

    /// <summary>Softmax over the last dimension of <paramref name="scores"/> where <paramref name="mask"/> is true, exactly zero elsewhere
    /// as long as one entry is valid.</summary>
    public GraphValue MaskedSoftmax(GraphValue scores, GraphValue mask) => Operator(
        "Softmax", [Operator("Where", [mask, scores, Scalar("masked_score", Masked)])], default, GraphAttribute.Integer("axis", -1));

    /// <summary>A Boolean tensor as 0 and 1.</summary>
    public GraphValue ToFloat(GraphValue mask) => Operator("Cast", [mask], default, GraphAttribute.Integer("to", OnnxFile.Float));

    /// <summary>The number of true entries in each row of a mask given as 0 and 1, (B, N) -> (B, 1), at least 1.</summary>
    public GraphValue CountAtLeastOne(GraphValue mask) =>
        Operator("Max", [Operator("ReduceSum", [mask, Integers(1)], default, GraphAttribute.Integer("keepdims", 1)), Scalar("one", 1)]);

    /// <summary>Sum over rows x[b, l] weights[b, l]: (B, N), (B, N, D) -> (B, D).</summary>
    /// <param name="weights">(B, N).</param>
    /// <param name="x">(B, N, D).</param>
    /// <param name="rows">N, or -1 where it is free.</param>
    /// <param name="width">D.</param>
    /// <param name="counts">Whether the products count as cost; reading embeddings does not.</param>
    public GraphValue WeightedSum(GraphValue weights, GraphValue x, int rows, int width, bool counts = true)
    {
        var row = Operator("Unsqueeze", [weights, Integers(1)]);
        var sum = Operator("MatMul", [row, x], counts ? new Complexity(0, (long)rows * width) : default);
        return Reshape(sum, -1, width);
    }

    internal GraphValue Input(GraphInput input)
    {
        Inputs.Add(input);
        return new GraphValue(input.Name);
    }

    /// <summary>An operator whose output leaves the graph under a name.</summary>
    internal void Output(string name, string type, IReadOnlyList<GraphValue> inputs) => Add(new GraphValue(name), type, inputs, default, []);

    private GraphValue Add(
        GraphValue output, string type, IReadOnlyList<GraphValue> inputs, Complexity cost, IReadOnlyList<GraphAttribute> attributes)
    {
        Nodes.Add(new OperatorNode(type, [.. inputs.Select(input => input.Name)], output.Name, attributes, cost));
        return output;
    }

    private GraphValue Constant(GraphConstant constant)
    {
        _constants.TryAdd(constant.Name, constant);
        return new GraphValue(constant.Name);
    }

    private GraphValue NewValue(string type) => new($"{type.ToLowerInvariant()}_{++_values}");
}
