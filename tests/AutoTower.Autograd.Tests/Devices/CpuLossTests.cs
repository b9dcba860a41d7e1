using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Tests.Devices;

public class CpuLossTests
{
    [Theory]
    [InlineData(1, 1, true, true, 0)]
    [InlineData(3, 5, true, false, 1)]
    [InlineData(5, 64, false, true, 0)]
    [InlineData(123, 37, true, true, 3)]
    [InlineData(130, 64, false, false, 0)]
    public void Batch_softmax_agrees_with_the_definition_in_double(int batch, int width, bool corrected, bool rewarded, int gap)
    {
        using var device = new CpuDevice(2);
        var data = new SoftmaxData(device, batch, width, gap);
        var logProbability = corrected ? data.LogProbability.View : Matrix.None;
        var rewards = rewarded ? data.Rewards.View : Matrix.None;
        var (expectedLoss, probabilities) = data.Reference(corrected, rewarded);
        data.Loss[0, 0] = 2;

        device.Loss.BatchSoftmaxForward(
            data.Users.View, data.Items.View, logProbability, rewards, SoftmaxData.Temperature, data.Probabilities.View, data.Loss.View);
        // Logits reach +-20 here, where a float has errors of 1e-6, which the exponential turns into relative ones.
        Assert.Equal(2 + expectedLoss, data.Loss[0, 0], 1e-5 * (1 + Math.Abs(expectedLoss)));
        var actual = data.Probabilities.Values();
        for (var i = 0; i < actual.Length; i++)
        {
            Assert.Equal(probabilities[i], actual[i], 2e-5 * probabilities[i] + 1e-7);
        }

        data.Loss[0, 0] = 2;
        device.Loss.BatchSoftmaxForward(data.Users.View, data.Items.View, logProbability, rewards, SoftmaxData.Temperature, Matrix.None, data.Loss.View);
        Assert.Equal(2 + expectedLoss, data.Loss[0, 0], 1e-5 * (1 + Math.Abs(expectedLoss)));

        var dUsers = new HostMatrix(device, batch, width, gap, new System.Random(8));
        var dItems = new HostMatrix(device, batch, width, gap, new System.Random(9));
        float[] usersBefore = dUsers.Values(), itemsBefore = dItems.Values();
        device.Loss.BatchSoftmaxBackward(
            data.Users.View, data.Items.View, rewards, SoftmaxData.Temperature, data.Probabilities.View, dUsers.View, dItems.View);
        CheckGradient(dUsers.Values(), usersBefore, data.Users, data, corrected, rewarded);
        CheckGradient(dItems.Values(), itemsBefore, data.Items, data, corrected, rewarded);
        Assert.Equal(SoftmaxData.Gradient(probabilities[0], data.Reward(0, rewarded), batch), data.Probabilities[0, 0], 1e-5);
    }

    [Fact]
    public void A_probability_too_small_for_a_float_still_has_a_finite_loss()
    {
        using var device = new CpuDevice(1);
        HostMatrix users = new(device, 2, 1), items = new(device, 2, 1), probabilities = new(device, 2, 2), loss = new(device, 1, 1);
        (users[0, 0], users[1, 0], items[0, 0], items[1, 0]) = (1, 1, -100, 100);
        device.Loss.BatchSoftmaxForward(users.View, items.View, Matrix.None, Matrix.None, 1, probabilities.View, loss.View);
        Assert.Equal(100, loss[0, 0], 1e-4);
        Assert.Equal([0f, 1f, 0f, 1f], probabilities.Values());
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_broken_embedding_breaks_the_loss_visibly(float value)
    {
        using var device = new CpuDevice(1);
        var data = new SoftmaxData(device, 20, 5, 0);
        data.Users[3, 2] = value;
        data.Items[3, 2] = 1;
        device.Loss.BatchSoftmaxForward(
            data.Users.View, data.Items.View, Matrix.None, Matrix.None, SoftmaxData.Temperature, data.Probabilities.View, data.Loss.View);
        Assert.True(float.IsNaN(data.Loss[0, 0]));
        Assert.All(data.Probabilities.Row(3).ToArray(), p => Assert.True(float.IsNaN(p)));
        Assert.All(data.Probabilities.Row(4).ToArray(), p => Assert.True(float.IsFinite(p)));
    }

    [Fact]
    public void Frequencies_follow_the_sequential_definition_over_several_steps()
    {
        using var device = new CpuDevice(1);
        const int count = 13, batch = 29;
        const double rate = 0.01f;
        var interval = new HostMatrix(device, 1, count + 1);
        interval.Row(0).Fill(7);
        HostIntegers lastSeen = new(device, new int[count + 1]), clock = new(device, 0), items = new(device, new int[batch]);
        var logProbability = new HostMatrix(device, 1, batch);
        var (expectedInterval, expectedLast) = (new double[count + 1], new int[count + 1]);
        Array.Fill(expectedInterval, 7);
        var random = new System.Random(4);
        for (var step = 1; step <= 40; step++)
        {
            clock.Values[0] = step;
            for (var i = 0; i < batch; i++)
            {
                items.Values[i] = 1 + random.Next(count); // More places than items: every batch has duplicates.
            }

            device.Loss.UpdateItemFrequencies(new ItemFrequencies(lastSeen.View, interval.View, (float)rate), items.View, clock.View, logProbability.View);
            for (var i = 0; i < batch; i++)
            {
                var id = items.Values[i];
                expectedInterval[id] = (1 - rate) * expectedInterval[id] + rate * (step - expectedLast[id]);
                expectedLast[id] = step;
                Assert.Equal(-Math.Log(expectedInterval[id]), logProbability[0, i], 2e-6);
            }

            Assert.Equal(expectedLast, lastSeen.Values.ToArray());
        }
    }

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(3, 123, 5)]
    [InlineData(1024, 17, 1)]
    public void Frobenius_norm_and_its_gradient(int rows, int columns, int gap)
    {
        using var device = new CpuDevice(2);
        HostMatrix x = new(device, rows, columns, gap, new System.Random(1)), dx = new(device, rows, columns, gap, new System.Random(2));
        HostMatrix norm = new(device, 1, 1), loss = new(device, 1, 1);
        var before = dx.Values();
        loss[0, 0] = 1;
        device.Loss.FrobeniusForward(x.View, 0.5f, norm.View, loss.View);
        device.Loss.FrobeniusBackward(x.View, 0.5f, norm.View, dx.View);
        var expected = Math.Sqrt(x.Values().Sum(value => (double)value * value));
        Assert.Equal(expected, norm[0, 0], 1e-7 * expected);
        Assert.Equal(1 + 0.5 * expected, loss[0, 0], 2e-7 * (1 + expected));
        var (values, after) = (x.Values(), dx.Values());
        for (var i = 0; i < values.Length; i++)
        {
            Assert.Equal(before[i] + 0.5 * values[i] / expected, after[i], 2e-7);
        }
    }

    [Fact]
    public void The_norm_of_zeros_has_no_gradient()
    {
        using var device = new CpuDevice(1);
        HostMatrix x = new(device, 3, 5), dx = new(device, 3, 5), norm = new(device, 1, 1), loss = new(device, 1, 1);
        device.Loss.FrobeniusForward(x.View, 1, norm.View, loss.View);
        device.Loss.FrobeniusBackward(x.View, 1, norm.View, dx.View);
        Assert.Equal(0, loss[0, 0]);
        Assert.All(dx.Values(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Results_do_not_depend_on_the_number_of_threads() => Bits.SameOnAnyNumberOfThreads(device =>
    {
        var data = new SoftmaxData(device, 300, 64, 0);
        HostMatrix dUsers = new(device, 300, 64), dItems = new(device, 300, 64), norm = new(device, 1, 1);
        device.Loss.BatchSoftmaxForward(
            data.Users.View, data.Items.View, data.LogProbability.View, data.Rewards.View, 0.05f, data.Probabilities.View, data.Loss.View);
        device.Loss.BatchSoftmaxBackward(data.Users.View, data.Items.View, data.Rewards.View, 0.05f, data.Probabilities.View, dUsers.View, dItems.View);
        device.Loss.FrobeniusForward(data.Users.View, 1e-5f, norm.View, data.Loss.View);
        device.Loss.FrobeniusBackward(data.Users.View, 1e-5f, norm.View, dUsers.View);
        return [.. data.Loss.Values(), .. norm.Values(), .. dUsers.Values(), .. dItems.Values(), .. data.Probabilities.Values()];
    });

    /// <summary>Central differences of the double definition, at a handful of elements.</summary>
    private static void CheckGradient(float[] actual, float[] before, HostMatrix parameter, SoftmaxData data, bool corrected, bool rewarded)
    {
        var random = new System.Random(6);
        for (var sample = 0; sample < 20; sample++)
        {
            var at = random.Next(actual.Length);
            var (row, column) = Math.DivRem(at, parameter.Columns);
            var kept = parameter[row, column];
            double low = kept - 1e-3f, high = kept + 1e-3f; // Exactly what the float can hold enters the difference.
            parameter[row, column] = (float)high;
            var above = data.Reference(corrected, rewarded).Loss;
            parameter[row, column] = (float)low;
            var below = data.Reference(corrected, rewarded).Loss;
            parameter[row, column] = kept;
            var expected = (above - below) / ((float)high - (double)(float)low);
            // The double difference with h / temperature = 0.004 is good to 3e-6; the rest is for float logits.
            Assert.Equal(expected, actual[at] - before[at], 1e-4 * Math.Abs(expected) + 1e-4 / data.Users.Rows + 2e-7);
        }
    }

    /// <summary>Inputs of the loss, with items that occur twice, and its definition in double.</summary>
    private sealed class SoftmaxData
    {
        public const float Temperature = 0.25f;

        public SoftmaxData(CpuDevice device, int batch, int width, int gap)
        {
            var random = new System.Random(batch + width);
            Users = new(device, batch, width, gap, random, 1 / MathF.Sqrt(width));
            Items = new(device, batch, width, gap, random, 1);
            LogProbability = new(device, 1, batch, 0, random, 3);
            Rewards = new(device, 1, batch, 0, random);
            Probabilities = new(device, batch, batch, gap);
            Loss = new(device, 1, 1);
            for (var i = 2; i < batch; i += 3)
            {
                Items.Row(i - 2).CopyTo(Items.Row(i));
                LogProbability[0, i] = LogProbability[0, i - 2];
            }
        }

        public HostMatrix Users { get; }

        public HostMatrix Items { get; }

        public HostMatrix LogProbability { get; }

        public HostMatrix Rewards { get; }

        public HostMatrix Probabilities { get; }

        public HostMatrix Loss { get; }

        public static double Gradient(double probability, double reward, int batch) => reward * (probability - 1) / (batch * Temperature);

        public double Reward(int i, bool rewarded) => rewarded ? Rewards[0, i] : 1;

        public (double Loss, double[] Probabilities) Reference(bool corrected, bool rewarded)
        {
            var batch = Users.Rows;
            var probabilities = new double[batch * batch];
            var loss = 0.0;
            for (var i = 0; i < batch; i++)
            {
                var logits = new double[batch];
                for (var j = 0; j < batch; j++)
                {
                    var dot = 0.0;
                    for (var k = 0; k < Users.Columns; k++)
                    {
                        dot += (double)Users[i, k] * Items[j, k];
                    }

                    logits[j] = dot / Temperature - (corrected ? LogProbability[0, j] : 0);
                }

                var sum = logits.Sum(Math.Exp);
                for (var j = 0; j < batch; j++)
                {
                    probabilities[i * batch + j] = Math.Exp(logits[j]) / sum;
                }

                loss -= Reward(i, rewarded) * (logits[i] - Math.Log(sum)) / batch;
            }

            return (loss, probabilities);
        }
    }
}
