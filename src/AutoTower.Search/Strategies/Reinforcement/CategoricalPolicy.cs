using AutoTower.Autograd;

namespace AutoTower.Search.Strategies.Reinforcement;

/// <summary>
/// A categorical policy over the choices of a gene, on the host: which choices are allowed depends on the choices before, and what is drawn
/// decides what comes next, so logits are read back in any case.
/// </summary>
internal static class CategoricalPolicy
{
    /// <summary>Probabilities of the <paramref name="allowed"/> choices, in their order.</summary>
    public static double[] Probabilities(ReadOnlySpan<float> logits, ReadOnlySpan<int> allowed)
    {
        var probabilities = new double[allowed.Length];
        var largest = double.NegativeInfinity;
        for (var i = 0; i < allowed.Length; i++)
        {
            largest = Math.Max(largest, logits[allowed[i]]);
        }

        var sum = 0.0;
        for (var i = 0; i < allowed.Length; i++)
        {
            sum += probabilities[i] = Math.Exp(logits[allowed[i]] - largest);
        }

        for (var i = 0; i < allowed.Length; i++)
        {
            probabilities[i] /= sum;
        }

        return probabilities;
    }

    /// <summary>The allowed choice at <paramref name="uniform"/> in [0, 1) of the cumulative distribution.</summary>
    public static int Draw(ReadOnlySpan<float> logits, ReadOnlySpan<int> allowed, double uniform)
    {
        var probabilities = Probabilities(logits, allowed);
        var cumulative = 0.0;
        for (var i = 0; i < allowed.Length - 1; i++)
        {
            cumulative += probabilities[i];
            if (uniform < cumulative)
            {
                return allowed[i];
            }
        }

        return allowed[^1];
    }

    /// <summary>
    /// loss += mean over the rows of -advantage log p(choice) - entropyWeight H(p) (REINFORCE with an entropy bonus). Waits for the device.
    /// </summary>
    /// <param name="tape">The tape, in training mode.</param>
    /// <param name="logits">(N, choices), contiguous.</param>
    /// <param name="decisions">Per row, what was allowed and chosen, and how good that was.</param>
    /// <param name="entropyWeight">Factor of the entropy.</param>
    /// <returns>The loss.</returns>
    public static double PolicyLoss(this Tape tape, Tensor logits, IReadOnlyList<Decision> decisions, float entropyWeight)
    {
        ArgumentNullException.ThrowIfNull(tape);
        var values = new float[logits.Value.Count];
        tape.Device.Download(logits.Value.Address, values.AsSpan());
        var gradient = new float[values.Length];
        var loss = 0.0;
        for (var row = 0; row < decisions.Count; row++)
        {
            var (allowed, choice, advantage) = decisions[row];
            var probabilities = Probabilities(values.AsSpan(row * logits.Columns, logits.Columns), allowed);
            var entropy = -probabilities.Sum(p => p > 0 ? p * Math.Log(p) : 0);
            for (var i = 0; i < allowed.Length; i++)
            {
                var p = probabilities[i];
                var isChosen = allowed[i] == choice;
                loss -= isChosen ? advantage * Math.Log(p) / decisions.Count : 0;
                // d(-log p(choice)) = p - [chosen]; dH = -p (log p + H).
                var ofEntropy = p > 0 ? -p * (Math.Log(p) + entropy) : 0;
                gradient[(row * logits.Columns) + allowed[i]] =
                    (float)(((advantage * (p - (isChosen ? 1 : 0))) - (entropyWeight * ofEntropy)) / decisions.Count);
            }

            loss -= entropyWeight * entropy / decisions.Count;
        }

        tape.Record(() =>
        {
            var before = new float[gradient.Length];
            tape.Device.Download(logits.Gradient.Address, before.AsSpan());
            tape.Device.Upload<float>([.. before.Zip(gradient, (one, other) => one + other)], logits.Gradient.Address);
        });
        return loss;
    }
}

/// <summary>A choice of the policy.</summary>
/// <param name="Allowed">The choices it had.</param>
/// <param name="Choice">The one it took.</param>
/// <param name="Advantage">How much better than expected that turned out to be.</param>
internal readonly record struct Decision(int[] Allowed, int Choice, float Advantage);
