namespace AutoTower.Search.Strategies.Proximal;

/// <summary>The proximal operators of NASP (Yao et al. 2020, section 3): of C2 = [0, 1]^n, and of C1, one operation a choice.</summary>
internal static class ProximalOperator
{
    /// <summary>prox of C2: clips to [0, 1].</summary>
    public static void Box(Span<float> weights)
    {
        foreach (ref var weight in weights)
        {
            weight = Math.Clamp(weight, 0f, 1f);
        }
    }

    /// <summary>
    /// prox of C1: per choice, the operation of the largest weight, the first among equals. Where limits are set, C1 holds the legal
    /// architectures only, and the nearest of them is the one with the largest sum of weights. It is approached by exchanges: while a
    /// limit is broken, the exchange that loses the least weight for what it brings nearer to the limit; then, as long as there is one, the
    /// exchange that gains most and stays legal.
    /// </summary>
    /// <param name="weights">Weights of all choices, gene by gene.</param>
    /// <param name="candidates">Genes, costs and limits.</param>
    /// <returns>The choice of each gene, legal in any case.</returns>
    public static int[] Discrete(ReadOnlySpan<float> weights, LegalCandidates candidates)
    {
        var ofGene = Split(weights, candidates.Genes.Choices);
        int[] choices = [.. ofGene.Select(Largest)];
        var budget = candidates.Budget;
        var cost = budget.Of(choices);
        for (var excess = budget.Excess(cost); excess > 0; excess = budget.Excess(cost))
        {
            var (gene, choice) = Best(ofGene, choices, (g, c) =>
            {
                var brought = excess - budget.Excess(budget.Exchange(cost, g, choices[g], c));
                return brought > 0 ? -(ofGene[g][choices[g]] - ofGene[g][c]) / brought : double.NegativeInfinity;
            });
            if (gene < 0)
            {
                choices = candidates.Genes.Encode(candidates.Known);
                cost = budget.Of(choices);
                break;
            }

            Exchange(gene, choice);
        }

        while (true)
        {
            var (gene, choice) = Best(ofGene, choices, (g, c) =>
                ofGene[g][c] > ofGene[g][choices[g]] && budget.Allows(budget.Exchange(cost, g, choices[g], c))
                    ? ofGene[g][c] - (double)ofGene[g][choices[g]]
                    : double.NegativeInfinity);
            if (gene < 0)
            {
                return choices;
            }

            Exchange(gene, choice);
        }

        void Exchange(int gene, int choice)
        {
            cost = budget.Exchange(cost, gene, choices[gene], choice);
            choices[gene] = choice;
        }
    }

    private static (int Gene, int Choice) Best(float[][] weights, int[] choices, Func<int, int, double> value)
    {
        var (bestGene, bestChoice, best) = (-1, -1, double.NegativeInfinity);
        for (var gene = 0; gene < weights.Length; gene++)
        {
            for (var choice = 0; choice < weights[gene].Length; choice++)
            {
                if (choice != choices[gene] && value(gene, choice) is var candidate && candidate > best)
                {
                    (bestGene, bestChoice, best) = (gene, choice, candidate);
                }
            }
        }

        return (bestGene, bestChoice);
    }

    private static float[][] Split(ReadOnlySpan<float> weights, IReadOnlyList<int> choices)
    {
        var ofGene = new float[choices.Count][];
        var first = 0;
        for (var gene = 0; gene < choices.Count; gene++)
        {
            ofGene[gene] = weights.Slice(first, choices[gene]).ToArray();
            first += choices[gene];
        }

        return ofGene;
    }

    private static int Largest(float[] weights) => Array.IndexOf(weights, weights.Max());
}
