using System.Text.Json;
using AutoTower.Search.Cost;
using AutoTower.Search.Export;
using AutoTower.Search.Export.Onnx;
using AutoTower.Search.Space;
using AutoTower.Search.Tests.Training;

namespace AutoTower.Search.Tests.Export;

/// <summary>Exported towers give ONNX Runtime the vectors that our own towers give.</summary>
public sealed class OnnxExportTests(OnnxExportTests.World world) : IClassFixture<OnnxExportTests.World>
{
    // Vectors have length 1; single precision sums of up to 1,024 terms in another order differ by about 1e-6.
    private const float Tolerance = 1e-5f;

    public static TheoryData<string, bool> BlockTypes => Cases(BlockRegistry.All.Select(type => type.Name));

    public static TheoryData<string, bool> Poolings => Cases(PoolingRegistry.All.Select(type => type.Name));

    [Theory]
    [MemberData(nameof(BlockTypes))]
    public void Every_block_type_gives_the_same_vectors(string block, bool fold)
    {
        // At each position where the type may stand: with batch norm behind it, and at the end without.
        var first = BlockRegistry.Find(block).MinimumInputs == 1 ? block : "mlp-32";
        using var model = new ExportedModel(
            world.Small, $"pooling=sum; user={first},{block},{block}; item={first},mlp-16,{block},{block}", fold);
        AssertSame(model);
    }

    [Theory]
    [MemberData(nameof(Poolings))]
    public void Every_pooling_gives_the_same_vectors(string pooling, bool fold)
    {
        using var model = new ExportedModel(world.Small, $"pooling={pooling}; user=mlp-64,sa-2,mlp-16; item=mlp-64,ew-max,sa-1", fold);
        AssertSame(model);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_path_through_a_supernet_is_exported_alike(bool fold)
    {
        using var model = new ExportedModel(
            world.Small, "pooling=self-attentive; user=mlp-64,sa-2,ew-avg; item=sa-1,ew-sum,mlp-128", fold, SearchSpace.Create(3, 3));
        AssertSame(model);
    }

    [Theory]
    [InlineData("sum")]
    [InlineData("average")]
    [InlineData("self-attentive")]
    [InlineData("self-attention")]
    public void Padding_may_hold_any_item_and_an_empty_set_of_values_is_zero(string pooling)
    {
        using var model = new ExportedModel(world.Small, $"pooling={pooling}; user=mlp-64,sa-2,mlp-16; item=mlp-64,ew-max,sa-1", fold: true);
        var length = model.Model.Shape.HistoryLength;
        var user = ExportedModel.Fields(model.Model.Data.Dataset.Users, [1, 1]);
        var last = Enumerable.Range(0, 2 * length).Select(i => i % length == length - 1);
        // The second history has another item in a place that the mask excludes.
        var history = Enumerable.Range(0, 2 * length).Select(i => i % length == length - 1 ? 4L : i == length ? 9L : 0L);
        var vectors = model.Run("user",
        [
            .. user,
            ExportedModel.Input("history", [2, length], history),
            ExportedModel.Input("history_mask", [2, length], last),
        ]);
        Assert.Equal(vectors[..64], vectors[64..]);
        Assert.Contains(vectors, value => value != 0);

        var item = ExportedModel.Fields(model.Model.Data.Dataset.Items, [5]);
        var masked = item.Select(input => input.Name == "genres_mask"
            ? ExportedModel.Input(input.Name, input.AsTensor<bool>().Dimensions.ToArray(), input.AsTensor<bool>().Select(_ => false))
            : input).ToList();
        var without = model.Run("item", masked);
        Assert.All(without, value => Assert.True(float.IsFinite(value)));
        Assert.NotEqual(model.Run("item", item), without);
    }

    [Fact]
    public void The_written_model_has_the_promised_form()
    {
        using var model = new ExportedModel(world.Small, "pooling=self-attention; user=mlp-64,sa-2,mlp-16; item=mlp-64,ew-max,sa-1", fold: false);
        var proto = ModelProto.Parser.ParseFrom(File.ReadAllBytes(model.File("user_tower.onnx")));
        Assert.Equal(17, Assert.Single(proto.OpsetImport).Version);
        Assert.Equal(["user", "age_group", "region", "history", "history_mask"], proto.Graph.Input.Select(input => input.Name));
        Assert.All(proto.Graph.Input, input => Assert.Equal("batch", input.Type.TensorType.Shape.Dim[0].DimParam));
        Assert.Equal("user_vector", Assert.Single(proto.Graph.Output).Name);
        Assert.Contains(proto.MetadataProps, entry => entry is { Key: "architecture", Value: "pooling=self-attention; user=mlp-64,sa-2,mlp-16; item=mlp-64,ew-max,sa-1" });
        // Weights keep the names that they have in weights.safetensors.
        Assert.Contains(proto.Graph.Initializer, tensor => tensor.Name == "user_tower.blocks.0.mlp-64.hidden.weight");
        Assert.Equal(2, proto.Graph.Node.Count(node => node.OpType == "BatchNormalization"));
    }

    [Fact]
    public void Folding_leaves_no_batch_norm_and_merges_where_that_is_cheaper()
    {
        using var model = new ExportedModel(world.Small, "pooling=sum; user=mlp-1024,mlp-16,mlp-64; item=mlp-16,sa-1,mlp-32", fold: true);
        var proto = ModelProto.Parser.ParseFrom(File.ReadAllBytes(model.File("user_tower.onnx")));
        Assert.DoesNotContain(proto.Graph.Node, node => node.OpType == "BatchNormalization");
        var weights = proto.Graph.Initializer.Where(tensor => tensor.Name.StartsWith("user_tower.blocks", StringComparison.Ordinal)
            && tensor.Name.EndsWith("weight", StringComparison.Ordinal)).ToDictionary(tensor => tensor.Name, tensor => tensor.Dims.ToArray());
        // 64 x 1024 + 1024 x 64 products become 64 x 64; 128 x 16 + 16 x 64 are fewer than 128 x 64 and stay.
        Assert.Equal([64L, 64L], weights["user_tower.blocks.0.mlp-1024.hidden+output.weight"]);
        Assert.Equal([128L, 16L], weights["user_tower.blocks.1.mlp-16.hidden.weight"]);
        Assert.Equal([16L, 64L], weights["user_tower.blocks.1.mlp-16.output.weight"]);
        // 192 x 64 + 64 x 64 become 192 x 64.
        Assert.Equal([192L, 64L], weights["user_tower.blocks.2.mlp-64.hidden+output.weight"]);
        var user = model.Report.Towers[0];
        Assert.Equal(proto.Graph.Initializer.Where(tensor => tensor.Name.StartsWith("user_tower", StringComparison.Ordinal))
            .Sum(tensor => tensor.Dims.Aggregate(1L, (product, size) => product * size)), user.Written.Parameters);
    }

    [Theory]
    [MemberData(nameof(BlockTypes))]
    public void The_cost_as_trained_is_the_cost_models(string block, bool fold)
    {
        var first = BlockRegistry.Find(block).MinimumInputs == 1 ? block : "mlp-128";
        var architecture = $"pooling=self-attentive; user={first},{block},{block}; item={first},{block},mlp-64";
        using var model = new ExportedModel(world.Small, architecture, fold);
        var cost = CostModel.Of(Architecture.Parse(architecture), model.Model.Shape, CostConvention.Actual);
        Assert.Equal([cost.User.Total, cost.Item.Total], model.Report.Towers.Select(tower => tower.Trained));
        Assert.All(model.Report.Towers, tower => Assert.True(
            fold ? tower.Written.MultiplyAccumulates < tower.Trained.MultiplyAccumulates : tower.Written == tower.Trained));
    }

    [Fact]
    public void The_inputs_of_known_entities_are_written()
    {
        using var model = new ExportedModel(world.Small, "pooling=sum; user=mlp-64,sa-2,mlp-16; item=mlp-64,ew-max,sa-1", fold: false);
        var dataset = model.Model.Data.Dataset;
        var lines = File.ReadAllLines(model.File("items.jsonl"));
        Assert.Equal(dataset.Items.Count - 1, lines.Length);
        using var line = JsonDocument.Parse(lines[6]);
        Assert.Equal(dataset.ItemKeys[7], line.RootElement.GetProperty("id").GetString());
        Assert.Equal(7, line.RootElement.GetProperty("item").GetInt32());
        var genres = dataset.Items.Fields[2];
        Assert.Equal(
            genres.Values[genres.Offsets[7]..genres.Offsets[8]], line.RootElement.GetProperty("genres").EnumerateArray().Select(value => value.GetInt32()));
        Assert.Equal(dataset.Users.Count - 1, File.ReadAllLines(model.File("users.jsonl")).Length);
    }

    [Fact]
    public void A_block_type_without_an_ONNX_form_is_named()
    {
        var type = new Unknown();
        var failure = Assert.Throws<NotSupportedException>(() => type.Export(new GraphBuilder(), null!, null!, null!));
        Assert.Contains("Block type unknown can't be exported", failure.Message, StringComparison.Ordinal);
    }

    private static TheoryData<string, bool> Cases(IEnumerable<string> names)
    {
        var data = new TheoryData<string, bool>();
        foreach (var name in names)
        {
            data.Add(name, false);
            data.Add(name, true);
        }

        return data;
    }

    private static void AssertSame(ExportedModel model)
    {
        // The first interaction of a user has an empty history.
        var offsets = model.Model.Data.Dataset.Interactions.Offsets;
        int[] interactions = [offsets[1], offsets[1] + 1, offsets[2] + 3, offsets[3] - 1, .. Enumerable.Range(50, 30)];
        AssertSame(model.Users(interactions));
        AssertSame(model.Users([offsets[4]])); // a batch of one
        AssertSame(model.Items([.. Enumerable.Range(1, model.Model.Data.Dataset.Items.Count - 1)]));
        AssertSame(model.Items([3]));
    }

    private static void AssertSame((float[] Ours, float[] Theirs) vectors)
    {
        Assert.Equal(vectors.Ours.Length, vectors.Theirs.Length);
        Assert.Contains(vectors.Ours, value => value != 0);
        var worst = vectors.Ours.Zip(vectors.Theirs).Max(pair => Math.Abs(pair.First - pair.Second));
        Assert.True(worst <= Tolerance, $"vectors differ by {worst}");
    }

    public sealed class World : IDisposable
    {
        internal SmallWorld Small { get; } = new();

        public void Dispose() => Small.Dispose();
    }

    private sealed class Unknown : BlockType
    {
        public override string Name => "unknown";

        public override Complexity Cost(BlockShape shape) => default;

        public override IBlock Build(Autograd.Parameters.ParameterGroup group, BlockShape shape) => throw new NotSupportedException();
    }
}
