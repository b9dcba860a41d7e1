using System.Runtime.InteropServices;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Export.Onnx;
using Google.Protobuf;

namespace AutoTower.Search.Export;

/// <summary>Writes graphs as ONNX, opset 17.</summary>
internal static class OnnxFile
{
    /// <summary>The operator set.</summary>
    public const int OperatorSet = 17;

    /// <summary>ONNX's number for float32.</summary>
    public const int Float = (int)TensorProto.Types.DataType.Float;

    private const int FormatVersion = 8;
    private const string Batch = "batch";

    // A file may hold 2 GiB less what is around the values.
    private const long LargestModel = int.MaxValue - (16L << 20);

    /// <summary>Writes a graph, whole or not at all.</summary>
    /// <exception cref="ArgumentException">The weights do not fit into one ONNX file.</exception>
    public static void Write(
        string path, TowerGraph graph, IReadOnlyDictionary<string, string> metadata)
    {
        var model = new ModelProto
        {
            IrVersion = FormatVersion,
            ProducerName = "autotower",
            ProducerVersion = typeof(OnnxFile).Assembly.GetName().Version?.ToString(3) ?? string.Empty,
            DocString = graph.Description,
            Graph = Graph(graph),
        };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = OperatorSet });
        model.MetadataProps.Add(metadata.Select(entry => new StringStringEntryProto { Key = entry.Key, Value = entry.Value }));
        var bytes = model.Graph.Initializer.Sum(tensor => (long)tensor.RawData.Length);
        if (bytes > LargestModel)
        {
            throw new ArgumentException($"{path} would need {bytes / 1e9:F1} GB for its weights, but an ONNX file holds 2 GB.");
        }

        AtomicFile.Write(path, stream => model.WriteTo(stream));
    }

    private static GraphProto Graph(TowerGraph graph)
    {
        var proto = new GraphProto { Name = graph.Name };
        proto.Initializer.Add(graph.Constants.Select(Tensor));
        foreach (var node in graph.Nodes)
        {
            Add(proto, node);
        }

        proto.Input.Add(graph.Inputs.Select(input => new ValueInfoProto
        {
            Name = input.Name,
            DocString = input.Meaning,
            Type = Type(
                (int)(input.IsMask ? TensorProto.Types.DataType.Bool : TensorProto.Types.DataType.Int64),
                input.Columns switch
                {
                    null => [],
                    < 0 => [new TensorShapeProto.Types.Dimension { DimParam = input.Name.Replace("_mask", string.Empty, StringComparison.Ordinal) + "_values" }],
                    { } columns => [new TensorShapeProto.Types.Dimension { DimValue = columns }],
                }),
        }));
        proto.Output.Add(new ValueInfoProto
        {
            Name = graph.Output,
            DocString = "A vector of length 1; scores are inner products.",
            Type = Type(Float, [new TensorShapeProto.Types.Dimension { DimValue = graph.OutputWidth }]),
        });
        return proto;
    }

    private static void Add(GraphProto graph, GraphNode node)
    {
        switch (node)
        {
            case OperatorNode plain:
                var added = Operator(graph, plain.Type, plain.Output, plain.Inputs);
                added.Attribute.Add(plain.Attributes.Select(Attribute));
                break;
            case BatchNormNode norm:
                var w = norm.Weights;
                var normalise = Operator(
                    graph,
                    "BatchNormalization",
                    norm.Output,
                    [
                        norm.Input,
                        Vector(graph, w.Name + ".weight", w.Weight),
                        Vector(graph, w.Name + ".bias", w.Bias),
                        Vector(graph, w.Name + ".running_mean", w.RunningMean),
                        Vector(graph, w.Name + ".running_var", w.RunningVariance),
                    ]);
                normalise.Attribute.Add(new AttributeProto
                {
                    Name = "epsilon", Type = AttributeProto.Types.AttributeType.Float, F = BatchNormWeights.Epsilon,
                });
                break;
            case LinearNode linear:
                AddLinear(graph, linear);
                break;
        }
    }

    /// <summary>MatMul with (in, out) weights, which works on any number of dimensions, and Add.</summary>
    private static void AddLinear(GraphProto graph, LinearNode linear)
    {
        var weights = linear.Weights;
        var transposed = new float[weights.Weight.Length];
        for (var o = 0; o < weights.Output; o++)
        {
            for (var i = 0; i < weights.Input; i++)
            {
                transposed[(i * weights.Output) + o] = weights.Weight[(o * weights.Input) + i];
            }
        }

        var constant = new GraphConstant(weights.Name + ".weight", [weights.Input, weights.Output], transposed, null);
        graph.Initializer.Add(Tensor(constant));
        if (weights.Bias is not { } bias)
        {
            Operator(graph, "MatMul", linear.Output, [linear.Input, constant.Name]);
            return;
        }

        var product = linear.Output + "_product";
        Operator(graph, "MatMul", product, [linear.Input, constant.Name]);
        Operator(graph, "Add", linear.Output, [product, Vector(graph, weights.Name + ".bias", bias)]);
    }

    private static NodeProto Operator(GraphProto graph, string type, string output, IEnumerable<string> inputs)
    {
        var node = new NodeProto { Name = output, OpType = type };
        node.Input.Add(inputs);
        node.Output.Add(output);
        graph.Node.Add(node);
        return node;
    }

    private static string Vector(GraphProto graph, string name, float[] values)
    {
        graph.Initializer.Add(Tensor(new GraphConstant(name, [values.Length], values, null)));
        return name;
    }

    private static TensorProto Tensor(GraphConstant constant)
    {
        var tensor = new TensorProto
        {
            Name = constant.Name,
            DataType = constant.Floats is null ? (int)TensorProto.Types.DataType.Int64 : Float,
            RawData = ByteString.CopyFrom(
                constant.Floats is null ? MemoryMarshal.AsBytes(constant.Integers.AsSpan()) : MemoryMarshal.AsBytes(constant.Floats.AsSpan())),
        };
        tensor.Dims.Add(constant.Shape);
        return tensor;
    }

    private static AttributeProto Attribute(GraphAttribute attribute)
    {
        var proto = new AttributeProto { Name = attribute.Name };
        if (attribute.Value is { } value)
        {
            proto.Type = AttributeProto.Types.AttributeType.Int;
            proto.I = value;
        }
        else
        {
            proto.Type = AttributeProto.Types.AttributeType.Ints;
            proto.Ints.Add(attribute.Values);
        }

        return proto;
    }

    private static TypeProto Type(int elementType, IEnumerable<TensorShapeProto.Types.Dimension> dimensions)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = Batch });
        shape.Dim.Add(dimensions);
        return new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = elementType, Shape = shape } };
    }
}
