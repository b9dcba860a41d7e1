namespace AutoTower.Search.Evaluation;

/// <summary>How test users are ranked and scored; always named beside a number (SPEC.md, Evaluation).</summary>
public enum EvaluationProtocol
{
    /// <summary>History of a random test interaction, only training items removed, NDCG relative to the hits found in the top 100.</summary>
    Paper,

    /// <summary>History before the first test interaction, training and validation items removed, ordinary NDCG: what a user should trust.</summary>
    Strict,
}
