namespace AutoTower.Search.Pipeline;

/// <summary>The phases of a search, in order.</summary>
public enum SearchPhase
{
    /// <summary>The supernet is being trained.</summary>
    Supernet,

    /// <summary>Candidates are being judged with the supernet's weights.</summary>
    Evolution,

    /// <summary>The best are being trained from scratch.</summary>
    Retraining,
}
