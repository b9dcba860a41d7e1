namespace AutoTower.Search.Baselines;

/// <summary>The human-made models that the paper compares with (section 4.2.2).</summary>
public enum BaselineFamily
{
    /// <summary>GoogleDNN (Yi et al. 2019).</summary>
    GoogleDnn,

    /// <summary>GoogleDNN behind a layer that weighs the fields of each tower (FiBiNet, Huang et al. 2019).</summary>
    Senet,

    /// <summary>BST (Chen et al. 2019): a transformer layer over the history.</summary>
    Bst,

    /// <summary>MIND (Li et al. 2019): several interests of a user by dynamic routing.</summary>
    Mind,
}
