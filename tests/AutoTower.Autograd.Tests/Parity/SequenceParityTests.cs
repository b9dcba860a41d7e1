namespace AutoTower.Autograd.Tests.Parity;

/// <summary>Attention within histories and interests, with empty, partial and full histories.</summary>
public sealed class SequenceParityTests(GpuDevices devices) : DeviceParityTest(devices)
{
    /// <summary>B, L, H or K, width of a head or c: one of each, the data sets' shapes, odd ones.</summary>
    public static TheoryData<int, int, int, int> Shapes => new()
    {
        { 1, 1, 1, 1 }, { 33, 20, 2, 24 }, { 5, 7, 3, 13 }, { 3, 40, 2, 48 }, { 2, 50, 4, 8 }, { 4, 33, 1, 130 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Attention(int batch, int length, int heads, int width)
    {
        var d = heads * width;
        var lengths = Lengths(batch, length);
        var projected = Random(batch * length, 3 * d, 3);
        var z = Poisoned(batch * length, d, 1);
        var weights = Zeros(batch, heads * length * length);
        var dz = Random(batch * length, d, 2);
        var dProjected = Random(batch * length, 3 * d);
        Run(device =>
        {
            device.Sequences.AttentionForward(projected.On(device), lengths.On(device), heads, z.On(device), weights.On(device));
            device.Sequences.AttentionBackward(
                projected.On(device), lengths.On(device), heads, weights.On(device), dz.On(device), dProjected.On(device));
        });
        AssertClose(z);
        AssertClose(weights);
        AssertClose(dProjected);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Routing(int batch, int length, int interests, int width)
    {
        var lengths = Lengths(batch, length);
        var x = Random(batch * length, width, 2);
        var initial = Random(interests, length);
        var weights = Zeros(batch, interests * length);
        var sums = Poisoned(batch * interests, width);
        var capsules = Poisoned(batch * interests, width, 5);
        var dCapsules = Random(batch * interests, width, 5);
        var dx = Random(batch * length, width);
        Run(device =>
        {
            device.Sequences.RoutingForward(
                x.On(device), lengths.On(device), initial.On(device), 3, weights.On(device), sums.On(device), capsules.On(device));
            device.Sequences.RoutingBackward(sums.On(device), lengths.On(device), weights.On(device), dCapsules.On(device), dx.On(device));
        });
        AssertClose(weights);
        AssertClose(capsules);
        AssertClose(dx);
    }

    [Theory]
    [InlineData(1, 1, 1, 0)]
    [InlineData(33, 3, 64, 4)]
    [InlineData(300, 4, 65, 1)]
    public void Attention_of_interests_to_an_item(int batch, int interests, int width, int gap)
    {
        var users = Random(batch, interests * width, gap);
        var items = Random(batch, width, gap);
        var weights = Poisoned(batch, interests);
        var y = Poisoned(batch, width, gap);
        var dy = Random(batch, width, gap);
        var dUsers = Random(batch, interests * width, gap);
        var dItems = Random(batch, width, gap);
        Run(device =>
        {
            device.Sequences.LabelAttentionForward(users.On(device), items.On(device), 3, weights.On(device), y.On(device));
            device.Sequences.LabelAttentionBackward(
                users.On(device), items.On(device), 3, weights.On(device), dy.On(device), dUsers.On(device), dItems.On(device));
        });
        // Scores reach some tens, whose rounding errors the exponential passes on.
        AssertClose(weights, 1e-4);
        AssertClose(y, 1e-4);
        AssertClose(dUsers, 1e-4);
        AssertClose(dItems, 1e-4);
    }

    // One full history, or all lengths from 0 to L in turn.
    private ParityIntegers Lengths(int batch, int length) =>
        Integers([.. Enumerable.Range(0, batch).Select(b => batch == 1 ? length : b % (length + 1))]);
}
