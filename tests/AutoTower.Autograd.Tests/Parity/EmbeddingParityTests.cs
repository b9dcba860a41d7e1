using AutoTower.Autograd.Devices.Cuda;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Tests.Parity;

public sealed class EmbeddingParityTests(GpuDevices devices) : EmbeddingParity(devices, deterministic: false);

public sealed class EmbeddingInOrderParityTests(GpuDevices devices) : EmbeddingParity(devices, deterministic: true)
{
    [Theory]
    [InlineData(20)]
    [InlineData(3000)]
    public void Gradients_have_the_same_bits_every_time(int rows)
    {
        var ids = RandomIntegers(5000, 0, 60);
        var dy = Random(5000, 16);
        var field = Single(60, rows, 16);
        var results = Enumerable.Range(0, 3).Select(_ =>
        {
            var gradient = Zeros(rows, 16);
            Cuda.Embedding.GatherBackward(ids.On(Cuda), [(field with { Gradient = gradient }).On(Cuda)], dy.On(Cuda));
            return gradient.Values(Cuda);
        }).ToArray();
        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
    }
}

/// <summary>Gathers of single-valued, multi-valued and first-only fields, and their gradients.</summary>
public abstract class EmbeddingParity(GpuDevices devices, bool deterministic)
    : DeviceParityTest(devices, new CudaDeviceOptions { Deterministic = deterministic })
{
    private const int Entities = 200;
    private readonly System.Random _values = new(4);

    [Theory]
    [InlineData(1, 16)]
    [InlineData(7, 16)]
    [InlineData(1025, 16)]
    [InlineData(300, 5)]
    [InlineData(64, 40)]
    public void All_kinds_of_fields(int count, int width) => Check(
        RandomIntegers(count, 0, Entities),
        [Single(Entities, Entities, width), Multiple(Entities, 19, width, firstOnly: false), Multiple(Entities, 19, width, firstOnly: true), Single(Entities, 3000, width)]);

    [Fact]
    public void Fields_of_different_widths() =>
        Check(RandomIntegers(77, 0, Entities), [Single(Entities, 30, 3), Multiple(Entities, 12, 8, firstOnly: false), Single(Entities, 9, 1)]);

    [Fact]
    public void As_many_fields_as_there_may_be() => Check(
        RandomIntegers(50, 0, Entities),
        [.. Enumerable.Range(0, IEmbeddingKernels.MaximumFields).Select(f => f % 3 == 0 ? Multiple(Entities, 10 + f, 8, f % 2 == 0) : Single(Entities, 100 * (f + 1), 8))]);

    [Fact]
    public void The_same_entity_everywhere() =>
        Check(Integers([.. Enumerable.Repeat(5, 2000)]), [Single(Entities, Entities, 16), Single(Entities, 5000, 16), Multiple(Entities, 7, 16, firstOnly: false)]);

    [Fact]
    public void Padding_alone_gives_zeros_and_no_gradient()
    {
        var field = Single(Entities, 50, 16);
        Check(Integers(new int[100]), [field with { Gradient = Zeros(50, 16) }]);
        Assert.All(field.Gradient!.Values(Cuda), value => Assert.NotEqual(0, value));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(5)]
    public void Two_gathers_side_by_side(int width)
    {
        ParityField[] users = [Single(Entities, 700, width), Single(Entities, 7, width)];
        ParityField[] items = [Single(Entities, 3000, width), Single(Entities, 11, width), Multiple(Entities, 19, width, firstOnly: false)];
        var userIds = RandomIntegers(301, 0, Entities);
        var itemIds = RandomIntegers(300, 0, Entities);
        var (userOutput, userGradient) = (Poisoned(301, 2 * width, 4), Random(301, 2 * width, 4));
        var (itemOutput, itemGradient) = (Poisoned(300, 3 * width), Random(300, 3 * width));
        Run(device =>
        {
            EntityGather[] gathers =
            [
                new(userIds.On(device), [.. users.Select(field => field.On(device))], new Tensor(userOutput.On(device), userGradient.On(device))),
                new(itemIds.On(device), [.. items.Select(field => field.On(device))], new Tensor(itemOutput.On(device), itemGradient.On(device))),
            ];
            device.Embedding.GatherForward(gathers);
            device.Embedding.GatherBackward(gathers);
        });
        AssertClose(userOutput);
        AssertClose(itemOutput);
        foreach (var field in users.Concat(items))
        {
            AssertClose(field.Gradient!);
        }
    }

    [Fact]
    public void A_table_without_gradient_and_one_that_two_fields_share()
    {
        var frozen = Single(Entities, 50, 16);
        var shared = Single(Entities, 50, 16);
        var big = Single(Entities, 4000, 16);
        Check(
            RandomIntegers(500, 0, Entities),
            [frozen with { Gradient = null }, shared, Single(Entities, 50, 16) with { Gradient = shared.Gradient }, big, Single(Entities, 4000, 16) with { Gradient = big.Gradient }]);
    }

    private protected ParityField Single(int entities, int rows, int width) =>
        new(Random(rows, width), Random(rows, width), Integers([.. Enumerable.Range(0, entities).Select(_ => _values.Next(rows))]), null, false);

    /// <summary>None to four values an entity.</summary>
    private ParityField Multiple(int entities, int rows, int width, bool firstOnly)
    {
        int[] offsets = [0, .. Enumerable.Range(0, entities).Select(_ => _values.Next(5))];
        for (var i = 1; i < offsets.Length; i++)
        {
            offsets[i] += offsets[i - 1];
        }

        var values = Enumerable.Range(0, offsets[^1]).Select(_ => _values.Next(rows)).ToArray();
        return new(Random(rows, width), Random(rows, width), Integers(values), Integers(offsets), firstOnly);
    }

    private void Check(ParityIntegers ids, ParityField[] fields)
    {
        var count = ids.Values(Cuda).Length;
        var columns = fields.Sum(field => field.Table.Columns);
        foreach (var gap in new[] { 0, 4, 3 })
        {
            var y = Poisoned(count, columns, gap);
            Run(device => device.Embedding.GatherForward(ids.On(device), [.. fields.Select(field => field.On(device))], y.On(device)));
            AssertClose(y);
        }

        var dy = Random(count, columns, 1);
        Run(device => device.Embedding.GatherBackward(ids.On(device), [.. fields.Select(field => field.On(device))], dy.On(device)));
        foreach (var gradient in fields.Select(field => field.Gradient).OfType<ParityMatrix>())
        {
            AssertClose(gradient);
        }
    }
}
