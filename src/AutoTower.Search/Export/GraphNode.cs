using AutoTower.Search.Space;

namespace AutoTower.Search.Export;

/// <summary>A step of a graph that is being exported.</summary>
/// <param name="Inputs">Names of what it reads.</param>
/// <param name="Output">Name of what it gives.</param>
/// <param name="Cost">Parameters, and multiply-accumulates for one example.</param>
internal abstract record GraphNode(IReadOnlyList<string> Inputs, string Output, Complexity Cost);

/// <summary>Any ONNX operator.</summary>
internal sealed record OperatorNode(
    string Type, IReadOnlyList<string> Inputs, string Output, IReadOnlyList<GraphAttribute> Attributes, Complexity Cost)
    : GraphNode(Inputs, Output, Cost);

/// <summary>A linear layer over the last dimension of its input, applied to <paramref name="Rows"/> rows of an example.</summary>
internal sealed record LinearNode(string Input, string Output, LinearWeights Weights, int Rows)
    : GraphNode([Input], Output, CostOf(Weights, Rows))
{
    public static Complexity CostOf(LinearWeights weights, int rows) =>
        weights.Cost with { MultiplyAccumulates = rows * weights.Cost.MultiplyAccumulates };
}

/// <summary>Batch norm with running statistics.</summary>
internal sealed record BatchNormNode(string Input, string Output, BatchNormWeights Weights) : GraphNode([Input], Output, Weights.Cost);

/// <summary>An attribute of an operator: an integer, or a list of integers.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">One integer.</param>
/// <param name="Values">Or several.</param>
public sealed record GraphAttribute(string Name, long? Value, IReadOnlyList<long>? Values)
{
    /// <summary>An integer attribute.</summary>
    public static GraphAttribute Integer(string name, long value) => new(name, value, null);

    /// <summary>An attribute of several integers.</summary>
    public static GraphAttribute Integers(string name, params IReadOnlyList<long> values) => new(name, null, values);
}
