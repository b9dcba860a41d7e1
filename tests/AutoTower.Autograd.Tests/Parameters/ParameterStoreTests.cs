using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Parameters;

namespace AutoTower.Autograd.Tests.Parameters;

public class ParameterStoreTests
{
    [Fact]
    public void Groups_are_contiguous_ranges_that_start_at_multiples_of_sixteen()
    {
        using var device = new CpuDevice(1);
        using var store = new ParameterStore();
        var first = store.AddGroup("first");
        var matrix = first.AddMatrix("matrix", 3, 5, new Initialiser.Constant(1));
        var vector = first.AddVector("vector", 7, new Initialiser.Constant(2));
        var second = store.AddGroup("second");
        var norm = second.AddBatchNorm("norm", 4);
        var empty = store.AddGroup("empty");
        store.Allocate(device, 1);

        Assert.Equal((0, 32, 0), (first.Segment.Offset, first.Segment.Length, first.Segment.Counter));
        Assert.Equal((32, 32, 1), (second.Segment.Offset, second.Segment.Length, second.Segment.Counter));
        Assert.Equal(0, empty.Segment.Length);
        Assert.Equal((22, 8, 30), (first.Count, second.Count, store.Count));
        Assert.Equal((0, 16), (matrix.Offset, vector.Offset));
        Assert.Equal(store.Values.Address + (16 * sizeof(float)), vector.Tensor.Value.Address);
        Assert.Equal(store.Gradients.Address + (16 * sizeof(float)), vector.Tensor.Gradient.Address);
        Assert.True(norm.RunningMean.Tensor.Gradient.IsAbsent);
        var values = store.Values.DownloadToHost();
        Assert.Equal(Enumerable.Repeat(1f, 15).Append(0).Concat(Enumerable.Repeat(2f, 7)), values.Take(23));
        Assert.All(store.Gradients.DownloadToHost(), gradient => Assert.Equal(0, gradient));
        Assert.Equal([1f, 1f, 1f, 1f], Part(store, "second.norm.running_var"));
        Assert.Equal([0f, 0f, 0f, 0f], Part(store, "second.norm.running_mean"));
    }

    [Fact]
    public void Initial_values_depend_on_seed_and_name_alone()
    {
        float[] Weight(ulong seed, Action<ParameterStore> declareBefore)
        {
            using var device = new CpuDevice(1);
            using var store = new ParameterStore();
            declareBefore(store);
            store.AddGroup("tower").AddFusedLinear(["query", "key"], 6, 5);
            store.Allocate(device, seed);
            return Part(store, "tower.key.weight");
        }

        var alone = Weight(1, _ => { });
        Assert.Equal(alone, Weight(1, store => store.AddGroup("other").AddLinear("x", 9, 9)));
        Assert.NotEqual(alone, Weight(2, _ => { }));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(100)]
    [InlineData(70_000)]
    public void Initial_values_do_not_depend_on_how_they_are_cut(int window)
    {
        using var device = new CpuDevice(2);
        using var store = new ParameterStore();
        var group = store.AddGroup("tower");
        group.AddFusedLinear(["query", "key"], 7, 5);
        group.AddMatrix("table", 9000, 8, Initialiser.Uniform.Xavier(9000, 8));
        group.AddMatrix("position", 9, 3, new Initialiser.StandardNormal());
        group.AddVector("ones", 40, new Initialiser.Constant(1));
        store.Allocate(device, 3);
        var whole = store.Values.DownloadToHost();
        device.Zero(store.Values.Address, store.Values.Bytes);
        InitialValues.Upload(group.Parameters, store.Values, 3, window);
        Assert.Equal(whole, store.Values.DownloadToHost());
    }

    [Fact]
    public void Fused_layers_are_saved_and_loaded_under_their_own_names()
    {
        using var device = new CpuDevice(1);
        using var store = new ParameterStore();
        var layer = store.AddGroup("sa").AddFusedLinear(["query", "key"], 3, 2);
        store.Allocate(device, 1);
        Assert.Equal(
            ["sa.query.weight", "sa.key.weight", "sa.query.bias", "sa.key.bias"], store.NamedParts().Select(named => named.Part.Name));
        var key = layer.Weight.Parts[1];
        ParameterStore.UploadPart(device, layer.Weight, key, [1, 2, 3, 4, 5, 6]);
        ParameterStore.UploadPart(device, layer.Bias!, layer.Bias!.Parts[1], [7, 8]);
        Assert.Equal([1f, 2, 3, 4, 5, 6], Part(store, "sa.key.weight"));
        var fused = new float[12];
        device.Download(layer.Weight.Tensor.Value.Address, fused.AsSpan());
        Assert.Equal([1f, 2, 3, 4, 5, 6], fused[6..]);
        Assert.Equal(Part(store, "sa.query.weight"), fused[..6]);
        var bias = new float[4];
        device.Download(layer.Bias.Tensor.Value.Address, bias.AsSpan());
        Assert.Equal([7f, 8], bias[2..]);
        var failure = Assert.Throws<ArgumentException>(() => ParameterStore.UploadPart(device, layer.Weight, key, [1]));
        Assert.Equal("sa.key.weight has 6 values, not 1.", failure.Message);
    }

    [Fact]
    public void Distributions_are_those_of_the_specification()
    {
        using var device = new CpuDevice(1);
        using var store = new ParameterStore();
        var group = store.AddGroup("g");
        var layer = group.AddLinear("linear", 25, 2000);
        var table = group.AddMatrix("table", 990, 10, Initialiser.Uniform.Xavier(990, 10));
        var position = group.AddMatrix("position", 100, 100, new Initialiser.StandardNormal());
        store.Allocate(device, 3);
        CheckUniform(layer.Weight, 0.2);
        CheckUniform(layer.Bias!, 0.2);
        CheckUniform(table, Math.Sqrt(6.0 / 1000));
        var normal = Part(store, "g.position");
        // Deviation of the mean 0.01, of the variance 0.014; 5 deviations.
        Assert.Equal(0, normal.Average(), 0.05);
        Assert.Equal(1, normal.Average(value => (double)value * value), 0.07);

        void CheckUniform(Parameter parameter, double bound)
        {
            var values = Part(store, parameter.Parts[0].Name);
            Assert.All(values, value => Assert.InRange(value, -bound * 1.000001, bound * 1.000001));
            // A uniform variable on [-a, a] has variance a^2 / 3; 2,000 values or more give it to 10 percent (5 deviations).
            Assert.Equal(1, values.Average(value => (double)value * value) / (bound * bound / 3), 0.1);
            Assert.Equal(0, values.Average() / bound, 0.065);
        }
    }

    [Fact]
    public void Use_before_allocation_and_declaration_after_it_are_errors()
    {
        using var device = new CpuDevice(1);
        using var store = new ParameterStore();
        Assert.Equal("The parameter store is not allocated.", Assert.Throws<InvalidOperationException>(() => store.Values).Message);
        store.AddGroup("first").AddVector("v", 1, new Initialiser.Constant(0));
        store.Allocate(device, 1);
        var failure = Assert.Throws<InvalidOperationException>(() => store.AddGroup("late"));
        Assert.Equal("Group late was declared after the store had been allocated.", failure.Message);
    }

    private static float[] Part(ParameterStore store, string name)
    {
        var (parameter, part) = store.NamedParts().Single(named => named.Part.Name == name);
        return ParameterStore.DownloadPart(store.Values.Device, parameter, part);
    }
}
