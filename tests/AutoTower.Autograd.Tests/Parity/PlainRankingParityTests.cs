using AutoTower.Autograd.Devices.Cuda;
using AutoTower.Autograd.Tests.Devices;

namespace AutoTower.Autograd.Tests.Parity;

/// <summary>Top K by a matrix of scores, held to the brute-force answer, which the CPU device is held to likewise.</summary>
public sealed class PlainRankingParityTests(GpuDevices devices)
    : DeviceParityTest(devices, new CudaDeviceOptions { ScreenRanking = false })
{
    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(5, 3000, 64, 10)]
    [InlineData(17, 777, 33, 1024)]
    [InlineData(2, 20, 100, 50)]
    [InlineData(40, 513, 256, 100)]
    public void Agrees_with_sorting_everything(int queries, int items, int width, int k)
    {
        foreach (var share in new[] { 0, 0.2, 1 })
        {
            new RankingProblem(queries, items, width, 5).Exclude(share).AssertSolvedBy(Cuda, k);
        }
    }

    [Theory]
    [MemberData(nameof(RankingProblem.Adversaries), MemberType = typeof(RankingProblem))]
    public void Survives(string adversary) => RankingProblem.Adversarial(adversary, 5, 300, 9).Exclude(0.1).AssertSolvedBy(Cuda, 60);

    [Fact]
    public void Special_values() => new RankingProblem(30, 300, 1, 3).UseSpecialValues().Exclude(0.1).AssertSolvedBy(Cuda, 50);

    [Fact]
    public void Bias_bitmap_and_bfloat16() => new RankingProblem(9, 400, 70, 4).AddBias().Allow(0.5).Narrow().Exclude(0.1).AssertSolvedBy(Cuda, 100);

    [Theory]
    [InlineData(0)]
    [InlineData(1025)]
    public void K_outside_its_range_is_refused(int k)
    {
        var vectors = Random(1, 1);
        using var prepared = Cuda.Ranking.Prepare(new(vectors.On(Cuda)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Cuda.Ranking.TopK(vectors.On(Cuda), prepared, default, k, default, default));
    }
}
