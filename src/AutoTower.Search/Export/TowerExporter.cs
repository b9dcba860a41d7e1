using AutoTower.Search.Cost;
using AutoTower.Search.Data;
using AutoTower.Search.Space;

namespace AutoTower.Search.Export;

/// <summary>
/// Turns a model's towers into graphs. A tower takes each single-valued field as ids (batch), each multi-valued field as ids (batch, values)
/// with a Boolean mask of the same shape, and the user tower also the history as item ids (batch, L) with a mask; the fields of history
/// items are constants of the graph.
/// </summary>
internal sealed class TowerExporter(Architecture architecture, ModelShape shape, Dataset dataset, ExportWeights weights)
{
    private const float ShortestNorm = 1e-12f;

    public TowerGraph User()
    {
        var graph = new GraphBuilder();
        var parts = dataset.Users.Fields.Select((field, i) => Embed(graph, field, $"user_embeddings.{i}.weight")).ToList();
        var pooling = architecture.Pooling;
        parts.Add(pooling.Export(graph, weights.Part($"pooling.{pooling.Name}"), History(graph)));
        var input = graph.Operator("Concat", parts, default, GraphAttribute.Integer("axis", 1));
        return Tower(graph, "user", input, architecture.User);
    }

    public TowerGraph Item()
    {
        var graph = new GraphBuilder();
        var parts = dataset.Items.Fields.Select((field, i) => Embed(graph, field, $"item_embeddings.{i}.weight")).ToList();
        var input = graph.Operator("Concat", parts, default, GraphAttribute.Integer("axis", 1));
        return Tower(graph, "item", input, architecture.Item);
    }

    /// <summary>A field's name as an input of a graph: <c>age group</c> is <c>age_group</c>.</summary>
    public static string InputName(FeatureField field) => field.Name.Replace(' ', '_').ToLowerInvariant();

    private GraphValue Embed(GraphBuilder graph, FeatureField field, string table)
    {
        var name = InputName(field);
        var range = $"Row of the field '{field.Name}', 0 to {field.Cardinality - 1}; 0 is unknown.";
        var embeddings = graph.Tensor(weights.Tensor(table));
        if (!field.IsMultiValued)
        {
            return graph.Operator("Gather", [embeddings, graph.Input(new GraphInput(name, false, null, range))]); // (B, E)
        }

        var ids = graph.Input(new GraphInput(name, false, -1, $"Rows of the field '{field.Name}', 0 to {field.Cardinality - 1}."));
        var mask = graph.ToFloat(graph.Input(new GraphInput(name + "_mask", true, -1, $"True where {name} holds a value.")));
        var sum = graph.WeightedSum(mask, graph.Operator("Gather", [embeddings, ids]), -1, shape.EmbeddingDimension, counts: false);
        return graph.Operator("Div", [sum, graph.CountAtLeastOne(mask)]);
    }

    private HistoryValue History(GraphBuilder graph)
    {
        var length = shape.HistoryLength;
        var items = graph.Input(new GraphInput("history", false, length, $"Item ids of the last {length} interactions, oldest first, the latest at the end; 0 is padding."));
        var mask = graph.Input(new GraphInput("history_mask", true, length, "True where history holds an item."));
        var fields = dataset.HistoryFields.Select(index =>
        {
            var field = dataset.Items.Fields[index];
            var values = Enumerable.Range(0, dataset.Items.Count).Select(item => (long)field.FirstValue(item)).ToArray();
            // The table of the id field maps every item to itself.
            var isIdentity = values.Select((value, item) => value == item).All(same => same);
            var rows = isIdentity
                ? items
                : graph.Operator("Gather", [graph.Integers($"item_fields.{index}", [values.Length], values), items]);
            return graph.Operator("Gather", [graph.Tensor(weights.Tensor($"item_embeddings.{index}.weight")), rows]); // (B, L, E)
        });
        var embedded = graph.Operator("Concat", [.. fields], default, GraphAttribute.Integer("axis", 2));
        return new HistoryValue(embedded, mask, graph.ToFloat(mask), length, shape.HistoryWidth);
    }

    private TowerGraph Tower(GraphBuilder graph, string entity, GraphValue input, IReadOnlyList<BlockType> blocks)
    {
        var tower = weights.Part($"{entity}_tower");
        var states = new List<GraphValue> { graph.Linear(input, tower.Linear("alignment")) };
        for (var position = 0; position < blocks.Count; position++)
        {
            var isLast = position == blocks.Count - 1;
            var type = blocks[position];
            var block = tower.Part($"blocks.{position}.{type.Name}");
            var inputs = states.Count == 1 ? states[0] : graph.Operator("Concat", states, default, GraphAttribute.Integer("axis", 1));
            var output = type.Export(graph, block, shape.BlockAt(position, isLast), inputs);
            states.Add(graph.Operator("Relu", [isLast ? output : graph.BatchNorm(output, block.BatchNorm("norm"))]));
        }

        var vector = $"{entity}_vector";
        var norm = graph.Operator("ReduceL2", [states[^1]], default, GraphAttribute.Integers("axes", 1), GraphAttribute.Integer("keepdims", 1));
        graph.Output(vector, "Div", [states[^1], graph.Operator("Max", [norm, graph.Scalar("shortest_norm", ShortestNorm)])]);
        return new TowerGraph(
            $"{entity}_tower",
            $"The {entity} tower of a two-tower retrieval model trained on {dataset.Name}: {architecture}.",
            graph.Inputs,
            graph.Constants,
            graph.Nodes,
            vector,
            shape.OutputWidth);
    }
}
