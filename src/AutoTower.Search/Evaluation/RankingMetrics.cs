using System.Text.Json;

namespace AutoTower.Search.Evaluation;

/// <summary>Means over test users of Recall, NDCG and MRR at several cut-offs, each in [0, 1].</summary>
/// <param name="Protocol">The protocol they were measured under.</param>
/// <param name="Users">Number of test users.</param>
/// <param name="Cutoffs">K, ascending.</param>
/// <param name="Recall">Recall@K, by cut-off.</param>
/// <param name="Ndcg">NDCG@K, by cut-off.</param>
/// <param name="Mrr">MRR@K, by cut-off.</param>
public sealed record RankingMetrics(
    EvaluationProtocol Protocol,
    int Users,
    IReadOnlyList<int> Cutoffs,
    IReadOnlyList<double> Recall,
    IReadOnlyList<double> Ndcg,
    IReadOnlyList<double> Mrr)
{
    /// <summary>Recall@<paramref name="cutoff"/>.</summary>
    public double RecallAt(int cutoff) => Recall[Index(cutoff)];

    /// <summary>NDCG@<paramref name="cutoff"/>.</summary>
    public double NdcgAt(int cutoff) => Ndcg[Index(cutoff)];

    /// <summary>MRR@<paramref name="cutoff"/>.</summary>
    public double MrrAt(int cutoff) => Mrr[Index(cutoff)];

    /// <summary>Writes <c>{"users": n, "recall@1": ..., "ndcg@1": ..., "mrr@1": ..., ...}</c>.</summary>
    public void WriteJson(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteNumber("users", Users);
        for (var i = 0; i < Cutoffs.Count; i++)
        {
            writer.WriteNumber($"recall@{Cutoffs[i]}", Recall[i]);
            writer.WriteNumber($"ndcg@{Cutoffs[i]}", Ndcg[i]);
            writer.WriteNumber($"mrr@{Cutoffs[i]}", Mrr[i]);
        }

        writer.WriteEndObject();
    }

    private int Index(int cutoff)
    {
        for (var i = 0; i < Cutoffs.Count; i++)
        {
            if (Cutoffs[i] == cutoff)
            {
                return i;
            }
        }

        throw new ArgumentOutOfRangeException(nameof(cutoff), $"There is no cut-off {cutoff} among {string.Join(", ", Cutoffs)}.");
    }
}
