using AutoTower.Autograd;
using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Memory;
using AutoTower.Search.Strategies;
using AutoTower.Search.Strategies.Reinforcement;
using AutoTower.Tests.Mathematics;

namespace AutoTower.Search.Tests.Strategies;

public sealed class ReinforcementTests
{
    [Fact]
    public void The_controller_learns_a_reward_that_depends_on_every_gene()
    {
        using var search = TargetFitness.Search(SearchStrategy.Rl);
        var sampled = new List<double>();
        search.Run(
            candidates =>
            {
                var scores = TargetFitness.Mismatches(candidates);
                sampled.AddRange(scores.Select(score => score.Loss));
                return scores;
            },
            null,
            TestContext.Current.CancellationToken);
        // Of eight genes, random candidates miss 7.3 on average; 2500 of them miss at least two.
        Assert.InRange(sampled.Take(50).Average(), 6.5, 8);
        Assert.InRange(sampled.TakeLast(50).Average(), 0, 3);
        Assert.True(search.State.Best(1)[0].Loss <= 1, $"{search.State.Best(1)[0]}");
    }

    [Fact]
    public void The_gradient_of_the_policy_loss_is_that_of_its_definition()
    {
        using var device = new CpuDevice(1);
        using var arena = new Arena(device, "test");
        var tape = new Tape(arena, ForwardMode.Training);
        var logits = tape.NewTensor(3, 4);
        float[] values = [0.3f, -1.2f, 2f, 0.1f, 1f, 0f, -0.5f, 0.7f, -2f, 0.4f, 0.9f, 1.5f];
        device.Upload<float>(values, logits.Value.Address);
        Decision[] decisions = [new([0, 1, 2, 3], 2, 1.5f), new([0, 2], 0, -0.7f), new([1, 2, 3], 3, 0.2f)];
        var loss = tape.PolicyLoss(logits, decisions, entropyWeight: 0.3f);
        tape.Backward();
        var gradient = new float[12];
        device.Download(logits.Gradient.Address, gradient.AsSpan());

        double[] point = [.. values.Select(value => (double)value)];
        Assert.Equal(Definition(), loss, 1e-6);
        for (var i = 0; i < point.Length; i++)
        {
            Tolerance.ShortSums.Check(CentralDifference.Of(Definition, point, i), gradient[i], $"gradient[{i}]");
        }

        double Definition() => Enumerable.Range(0, 3).Average(row =>
        {
            var (allowed, choice, advantage) = decisions[row];
            var p = Definitions.Softmax(allowed.Length, i => point[(row * 4) + allowed[i]]);
            return (-advantage * Math.Log(p[Array.IndexOf(allowed, choice)])) + (0.3f * p.Sum(value => value * Math.Log(value)));
        });
    }

    [Fact]
    public void Choices_are_drawn_in_proportion_and_only_from_what_is_allowed()
    {
        float[] logits = [5f, (float)Math.Log(1), (float)Math.Log(3), -1f];
        var drawn = Enumerable.Range(0, 1000).Select(i => CategoricalPolicy.Draw(logits, [1, 2], i / 1000.0)).CountBy(choice => choice).ToDictionary();
        Assert.Equal(250, drawn[1]);
        Assert.Equal(750, drawn[2]);
        Assert.Equal(2, drawn.Count);
    }

    [Fact]
    public void Advantages_are_relative_to_the_rewards_before()
    {
        var baseline = new RewardBaseline(0.9);
        Assert.Equal([-1f, 1f], baseline.Advantages([1, 3]).Select(value => MathF.Round(value, 5)));
        // Mean 2 and variance 1 so far.
        Assert.Equal([2f, 0f], baseline.Advantages([4, 2]).Select(value => MathF.Round(value, 5)));
        // 0.9 * 2 + 0.1 * 3 = 2.1.
        Assert.Equal(0f, baseline.Advantages([2.1])[0], 1e-5f);
    }
}
