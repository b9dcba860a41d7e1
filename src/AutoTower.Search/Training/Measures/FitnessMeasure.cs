namespace AutoTower.Search.Training.Measures;

/// <summary>What a candidate is judged by, with the supernet's weights and on validation data; lower is better for all.</summary>
public enum FitnessMeasure
{
    /// <summary>The paper's: plain batch softmax, without temperature and correction.</summary>
    Loss,

    /// <summary>The training loss: batch softmax with temperature and sampling-bias correction.</summary>
    Corrected,

    /// <summary>1 - Recall@50 of full ranking.</summary>
    Recall,
}
