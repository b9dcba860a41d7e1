using System.Globalization;
using AutoTower.Autograd.Random;
using AutoTower.Search.Baselines;
using AutoTower.Search.Cost;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Search.Tests.Training;

namespace AutoTower.Search.Tests.Cost;

public sealed class CostModelTests
{
    private static readonly Architecture MovieLens1M =
        Architecture.Parse("pooling=self-attention; user=sa-3,ew-ip,mlp-128; item=mlp-512,mlp-64,sa-2");

    [Theory]
    [MemberData(nameof(PaperTables.Table7), MemberType = typeof(PaperTables))]
    public void Table_7_is_reproduced_to_every_printed_digit(
        string data, string architecture, string userParameters, string userFlops, string itemParameters, string itemFlops)
    {
        var cost = CostModel.Of(Architecture.Parse(architecture), PaperTables.Shape(data), CostConvention.Paper);
        Assert.Equal(userParameters, PaperTables.Printed(cost.User.Total.Parameters));
        Assert.Equal(userFlops, PaperTables.Printed(cost.User.Total.Flops));
        Assert.Equal(itemParameters, PaperTables.Printed(cost.Item.Total.Parameters));
        Assert.Equal(itemFlops, PaperTables.Printed(cost.Item.Total.Flops));
    }

    [Theory]
    [MemberData(nameof(PaperTables.Table4), MemberType = typeof(PaperTables))]
    public void GoogleDnn_and_Senet_of_table_4_are_reproduced_to_every_printed_digit(string model, string data, string parameters, string flops)
    {
        var cost = BaselineCost.Of(BaselineCatalog.Find(model), PaperTables.Shape(data), CostConvention.Paper);
        Assert.Equal(parameters, PaperTables.Printed(cost.Total.Parameters));
        Assert.Equal(flops, PaperTables.Printed(cost.Total.Flops));
    }

    /// <summary>ML-1M has L = 20 and d = 48; the sums are written out.</summary>
    [Theory]
    [InlineData("bst-m", "transformer", 960 + 9_408 + 196_608 + 2_048 + 48 + 192, 184_320 + 38_400 + 3_932_160 + 3_840)]
    [InlineData("mind-m", "routing", 2_304, 46_080 + (9 * 1_056) + (6 * 960))]
    [InlineData("mind-m", "dense.0", 115 * 512, 3 * 113 * 512)]
    public void Bst_and_Mind_count_everything_under_both_conventions(string model, string part, long parameters, long multiplyAccumulates)
    {
        var shape = PaperTables.Shape("ml-1m");
        var paper = BaselineCost.Of(BaselineCatalog.Find(model), shape, CostConvention.Paper);
        Assert.Equal(new Complexity(parameters, multiplyAccumulates), paper.User.Parts.Single(other => other.Name == part).Complexity);
        Assert.Equal(BaselineCost.Of(BaselineCatalog.Find(model), shape, CostConvention.Actual).Total, paper.Total);
    }

    [Fact]
    public void What_table_4_prints_is_known_for_every_baseline_and_data_set_of_the_paper()
    {
        foreach (var row in PaperTables.Table4)
        {
            var (model, data, parameters, flops) = row.Data;
            Assert.Equal(new PrintedCost(double.Parse(parameters, CultureInfo.InvariantCulture), double.Parse(flops, CultureInfo.InvariantCulture)), PrintedCost.Of(model, data));
        }

        Assert.Equal(new PrintedCost(2.18, 0.89), PrintedCost.Of("bst-h", "yelp"));
        Assert.Equal(new PrintedCost(0.18, 0.29), PrintedCost.Of("mind-m", "amazon-books"));
        Assert.All(BaselineCatalog.Trained, model => Assert.NotNull(PrintedCost.Of(model.Name, "ml-100k")));
        Assert.Null(PrintedCost.Of("google-dnn-m", "synthetic"));
    }

    /// <summary>SPEC.md: user tower 62.9 k and 137.9 k, item tower 89.3 k and 48.4 k.</summary>
    [Fact]
    public void The_worked_example_of_the_specification_is_met()
    {
        var cost = CostModel.Of(MovieLens1M, PaperTables.Shape("ml-1m"), CostConvention.Paper);
        Assert.Equal((62_944, 137_880.0), (cost.User.Total.Parameters, cost.User.Total.Flops));
        Assert.Equal((89_344, 48_368.0), (cost.Item.Total.Parameters, cost.Item.Total.Flops));
    }

    /// <summary>Three inputs of width 64, output 64, by hand from the table in SPEC.md; batch norm's 128 and 64 included.</summary>
    [Theory]
    [InlineData("mlp-128", 33_088, 32_832)]
    [InlineData("ew-sum", 4_288, 4_160)]
    [InlineData("ew-avg", 4_288, 4_224)]
    [InlineData("ew-ip", 4_288, 4_352)]
    [InlineData("ew-max", 4_288, 4_160)]
    [InlineData("ew-min", 4_288, 4_160)]
    [InlineData("sa-2", 7_424, 15_712)]
    [InlineData("senet", 12_490, 12_742)]
    [InlineData("product", 12_672, 12_736)]
    public void A_block_costs_what_its_formula_says(string name, long parameters, long multiplyAccumulates) => Assert.Equal(
        new Complexity(parameters, multiplyAccumulates),
        CostModel.Block(BlockRegistry.Find(name), position: 2, isLast: false, PaperTables.Shape("ml-1m"), CostConvention.Actual));

    /// <summary>L = 20, d = 48.</summary>
    [Theory]
    [InlineData("sum", 0, 960)]
    [InlineData("average", 0, 960)]
    [InlineData("self-attentive", 3_312, 48_960)]
    [InlineData("self-attention", 10_368, 223_680)]
    public void A_pooling_costs_what_its_formula_says(string name, long parameters, long multiplyAccumulates) => Assert.Equal(
        new Complexity(parameters, multiplyAccumulates), CostModel.Pooling(PoolingRegistry.Find(name), PaperTables.Shape("ml-1m")));

    [Fact]
    public void The_actual_convention_leaves_out_the_last_batch_norms_and_counts_the_scoring()
    {
        var shape = PaperTables.Shape("ml-1m");
        var paper = CostModel.Of(MovieLens1M, shape, CostConvention.Paper);
        var actual = CostModel.Of(MovieLens1M, shape, CostConvention.Actual);
        Assert.Equal(paper.User.Total.Parameters - 128, actual.User.Total.Parameters);
        Assert.Equal(paper.Item.Total.Parameters - 128, actual.Item.Total.Parameters);
        Assert.Equal(paper.User.Total.MultiplyAccumulates - 64, actual.User.Total.MultiplyAccumulates);
        Assert.Equal(default, paper.Scoring);
        Assert.Equal(new Complexity(0, 1024 * 64), actual.Scoring);
        Assert.Equal(paper.Total.MultiplyAccumulates - 128 + (1024 * 64), actual.Total.MultiplyAccumulates);
    }

    [Fact]
    public void Parts_are_named_in_order_and_add_up()
    {
        var cost = CostModel.Of(MovieLens1M, PaperTables.Shape("ml-1m"), CostConvention.Paper);
        Assert.Equal(
            ["alignment", "pooling.self-attention", "blocks.0.sa-3", "blocks.1.ew-ip", "blocks.2.mlp-128"],
            cost.User.Parts.Select(part => part.Name));
        Assert.Equal(["alignment", "blocks.0.mlp-512", "blocks.1.mlp-64", "blocks.2.sa-2"], cost.Item.Parts.Select(part => part.Name));
        Assert.Equal(cost.User.Parts.Sum(part => part.Complexity.Parameters), cost.User.Total.Parameters);
        Assert.Equal(cost.User.Total + cost.Item.Total, cost.Total);
        Assert.Equal(new Complexity(7_232, 7_168), cost.User.Parts[0].Complexity);
    }

    /// <summary>The formulas against the model: what a path trains, embedding tables left out.</summary>
    [Fact]
    public void The_actual_parameters_are_those_that_a_model_declares()
    {
        using var world = new SmallWorld();
        var types = BlockRegistry.Paper.Concat([BlockRegistry.Find("senet"), BlockRegistry.Find("product")]).ToList();
        var space = SearchSpace.Create(4, 3, types);
        var random = new CounterRandom(1, RandomStream.Evolution);
        for (var i = 0; i < 40; i++)
        {
            var architecture = space.Sample(random);
            using var model = new TwoTowerModel(world.Experiment.Data, SearchSpace.Only(architecture), world.Experiment.Shape, 1);
            var declared = model.Path(architecture).Where(group => !group.Name.EndsWith("embeddings", StringComparison.Ordinal)).Sum(group => group.Count);
            Assert.Equal(CostModel.Of(architecture, world.Experiment.Shape, CostConvention.Actual).Total.Parameters, declared);
        }
    }
}
