
namespace AutoTower.Autograd.Tests.Parity;

/// <summary>Corrected batch softmax and Frobenius penalty. No path has floating-point atomics, so both modes are this one.</summary>
public class LossParityTests(GpuDevices devices) : DeviceParityTest(devices)
{
    [Theory]
    [InlineData(1, 8, true, true)]
    [InlineData(2, 64, true, false)]
    [InlineData(33, 64, false, true)]
    [InlineData(257, 7, true, true)]
    [InlineData(600, 64, true, false)]
    [InlineData(300, 16, false, false)]
    public void Batch_softmax(int batch, int width, bool corrected, bool rewarded)
    {
        var users = Random(batch, width, 3, scale: 0.3f);
        var items = Random(batch, width, 1, scale: 0.3f);
        var logProbability = Random(1, batch, 0, scale: 5);
        var rewards = Random(1, batch);
        var probabilities = Poisoned(batch, batch);
        var loss = Random(1, 1);
        var evaluated = Random(1, 1);
        Run(device =>
        {
            var (log, reward) = (corrected ? logProbability.On(device) : default, rewarded ? rewards.On(device) : default);
            device.Loss.BatchSoftmaxForward(users.On(device), items.On(device), log, reward, 0.05f, probabilities.On(device), loss.On(device));
            device.Loss.BatchSoftmaxForward(users.On(device), items.On(device), log, reward, 1, default, evaluated.On(device));
        });
        AssertClose(loss);
        AssertClose(evaluated);
        AssertClose(probabilities);

        var dUsers = Random(batch, width, 3, scale: 0.01f);
        var dItems = Random(batch, width, 1, scale: 0.01f);
        Run(device => device.Loss.BatchSoftmaxBackward(
            users.On(device), items.On(device), rewarded ? rewards.On(device) : default, 0.05f, probabilities.On(device), dUsers.On(device), dItems.On(device)));
        AssertClose(probabilities);
        AssertClose(dUsers);
        AssertClose(dItems);
    }

    [Fact]
    public void A_batch_whose_scores_are_not_held_all_at_once()
    {
        var users = Random(4500, 4);
        var items = Random(4500, 4);
        var logProbability = Random(1, 4500);
        var loss = Random(1, 1);
        Run(device => device.Loss.BatchSoftmaxForward(
            users.On(device), items.On(device), logProbability.On(device), default, 0.1f, default, loss.On(device)));
        AssertClose(loss);
    }

    [Fact]
    public void Large_scores_neither_overflow_nor_vanish()
    {
        var users = Random(40, 8, 0, scale: 100);
        var items = Random(40, 8, 0, scale: 100);
        var probabilities = Poisoned(40, 40);
        var loss = Zeros(1, 1);
        Run(device => device.Loss.BatchSoftmaxForward(users.On(device), items.On(device), default, default, 0.05f, probabilities.On(device), loss.On(device)));
        AssertClose(loss);
        Assert.True(loss.Values(Cuda)[0] > 1000);
        // A score of a million has a rounding error of 0.03, which the exponential turns into as many hundredths.
        AssertClose(probabilities, 0.2);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1024, 64)]
    [InlineData(77, 300)]
    [InlineData(3000, 5)]
    public void Frobenius_penalty(int rows, int columns)
    {
        var x = Random(rows, columns, 2);
        var norm = Poisoned(1, 1);
        var loss = Random(1, 1);
        var dx = Random(rows, columns, 1, scale: 0.001f);
        Run(device =>
        {
            device.Loss.FrobeniusForward(x.On(device), 0.125f, norm.On(device), loss.On(device));
            device.Loss.FrobeniusBackward(x.On(device), 0.125f, norm.On(device), dx.On(device));
        });
        AssertClose(norm);
        AssertClose(loss);
        AssertClose(dx);
    }

    [Fact]
    public void A_norm_of_zero_has_no_gradient()
    {
        var x = Zeros(10, 3);
        var norm = Poisoned(1, 1);
        var loss = Zeros(1, 1);
        var dx = Random(10, 3);
        Run(device =>
        {
            device.Loss.FrobeniusForward(x.On(device), 1, norm.On(device), loss.On(device));
            device.Loss.FrobeniusBackward(x.On(device), 1, norm.On(device), dx.On(device));
        });
        AssertSame(norm);
        AssertSame(dx);
    }

    [Fact]
    public void The_same_bits_every_time()
    {
        var users = Random(500, 32);
        var items = Random(500, 32);
        var results = Enumerable.Range(0, 3).Select(_ =>
        {
            var loss = Zeros(1, 1);
            var norm = Zeros(1, 1);
            Cuda.Loss.BatchSoftmaxForward(users.On(Cuda), items.On(Cuda), default, default, 0.05f, default, loss.On(Cuda));
            Cuda.Loss.FrobeniusForward(users.On(Cuda), 1, norm.On(Cuda), loss.On(Cuda));
            return (loss.Values(Cuda)[0], norm.Values(Cuda)[0]);
        }).ToArray();
        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
    }
}
