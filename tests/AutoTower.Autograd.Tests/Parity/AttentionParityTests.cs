namespace AutoTower.Autograd.Tests.Parity;

public class AttentionParityTests(GpuDevices devices) : DeviceParityTest(devices)
{
    /// <summary>B, n, H, A, gap between rows: one token, the paper's A = 8, odd A, more tokens than a search has.</summary>
    public static TheoryData<int, int, int, int, int> Shapes => new()
    {
        { 1, 1, 1, 1, 0 }, { 1, 2, 1, 8, 0 }, { 5, 4, 4, 8, 0 }, { 33, 3, 2, 8, 8 }, { 33, 3, 2, 8, 3 }, { 7, 5, 3, 5, 1 }, { 70, 1, 4, 8, 0 },
        { 2, 40, 2, 4, 0 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Forward_and_backward(int rows, int tokens, int heads, int width, int gap)
    {
        var columns = tokens * heads * width;
        var projected = Random(rows, 4 * columns, gap, scale: 2);
        var z = Poisoned(rows, columns, gap);
        var weights = Poisoned(rows, heads * tokens * tokens);
        var dz = Random(rows, columns, gap);
        var dProjected = Random(rows, 4 * columns, gap);
        Run(d =>
        {
            d.Attention.Forward(projected.On(d), tokens, heads, z.On(d), weights.On(d));
            d.Attention.Backward(projected.On(d), tokens, heads, weights.On(d), dz.On(d), dProjected.On(d));
        });
        AssertClose(weights);
        AssertClose(z);
        AssertClose(dProjected);
    }

    [Fact]
    public void Large_scores_do_not_overflow()
    {
        var projected = Random(9, 4 * 3 * 8, 0, scale: 100);
        var z = Poisoned(9, 3 * 8);
        var weights = Poisoned(9, 9);
        Run(d => d.Attention.Forward(projected.On(d), 3, 1, z.On(d), weights.On(d)));
        // Scores near 10,000 have a unit in the last place of 1e-3, which the exponential passes on.
        AssertClose(weights, 5e-3);
        AssertClose(z, 5e-3);
    }
}
