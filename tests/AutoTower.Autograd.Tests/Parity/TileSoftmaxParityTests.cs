using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Tests.Parity;

/// <summary>The batch softmax of fused towers (kernels/tile_softmax.cu) beside the CPU device's operations.</summary>
[Trait("kernels", "tensor-cores")]
public class TileSoftmaxParityTests(GpuDevices devices) : DeviceParityTest(devices)
{
    private const int Width = 64;

    [Theory]
    [InlineData(1, 1, true, false)]
    [InlineData(1, 16, false, true)]
    [InlineData(1, 77, true, true)]
    [InlineData(3, 45, true, true)]
    [InlineData(2, 400, false, false)] // More columns than a block's warps take at once.
    [InlineData(1, 1100, true, true)] // More columns than are in shared memory at a time.
    public void Loss_and_gradients(int groups, int size, bool corrected, bool rewarded)
    {
        var batch = groups * size;
        Assert.SkipWhen(Cuda.Towers is null, "the device has no fused towers (compute capability below 8.0)");
        var users = Random(batch, Width, scale: 0.2f);
        var items = Random(batch, Width, scale: 0.2f);
        var logProbability = Random(1, batch, 0, scale: 5);
        var rewards = Random(1, batch, scale: 1000);
        var probabilities = Poisoned(size, size);
        var terms = Poisoned(1, batch);
        var loss = Random(1, 1);
        var dUsers = Zeros(batch, Width);
        var dItems = Zeros(batch, Width);
        Run(device =>
        {
            var (log, reward) = (corrected ? logProbability.On(device) : default, rewarded ? rewards.On(device) : default);
            if (device.Towers is { } towers)
            {
                towers.Softmax(new SoftmaxBatch(
                    new Tensor(users.On(device), dUsers.On(device)), new Tensor(items.On(device), dItems.On(device)),
                    log, reward, 0.05f, groups, terms.On(device), loss.On(device)));
                return;
            }

            for (var first = 0; first < batch; first += size)
            {
                Matrix Group(ParityMatrix rows) => rows.On(device).SliceRows(first, size);
                var (groupLog, groupReward) = (log.IsAbsent ? log : log.SliceColumns(first, size), reward.IsAbsent ? reward : reward.SliceColumns(first, size));
                device.Loss.BatchSoftmaxForward(Group(users), Group(items), groupLog, groupReward, 0.05f, probabilities.On(device), loss.On(device));
                device.Loss.BatchSoftmaxBackward(
                    Group(users), Group(items), groupReward, 0.05f, probabilities.On(device), Group(dUsers), Group(dItems));
            }
        });
        AssertClose(loss);
        AssertClose(dUsers);
        AssertClose(dItems);
    }

    [Theory]
    [InlineData(3, 50)]
    [InlineData(2, 1090)]
    public void Loss_of_several_batches(int groups, int batch)
    {
        Assert.SkipWhen(Cuda.Towers is null, "the device has no fused towers (compute capability below 8.0)");
        var users = Random(groups * batch, Width, scale: 0.2f);
        var items = Random(groups * batch, Width, scale: 0.2f);
        var terms = Poisoned(1, groups * batch);
        var loss = Random(1, 1);
        Run(device =>
        {
            if (device.Towers is { } towers)
            {
                towers.Softmax(new SoftmaxBatch(
                    new Tensor(users.On(device), Matrix.None), new Tensor(items.On(device), Matrix.None),
                    default, default, 0.5f, groups, terms.On(device), loss.On(device)));
                return;
            }

            for (var first = 0; first < groups * batch; first += batch)
            {
                device.Loss.BatchSoftmaxForward(
                    users.On(device).SliceRows(first, batch), items.On(device).SliceRows(first, batch), default, default, 0.5f, default, loss.On(device));
            }
        });
        AssertClose(loss);
    }
}
