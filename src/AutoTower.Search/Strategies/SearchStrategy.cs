namespace AutoTower.Search.Strategies;

/// <summary>How architectures are chosen from the search space (paper, Table 5).</summary>
public enum SearchStrategy
{
    /// <summary>The paper's evolution on the trained supernet (Algorithm 2).</summary>
    Evolution,

    /// <summary>Random legal architectures, judged with the trained supernet (Li and Talwalkar 2020).</summary>
    Random,

    /// <summary>A recurrent controller that learns from the fitness of what it samples, in the manner of ENAS (Pham et al. 2018).</summary>
    Rl,

    /// <summary>Architecture weights that are trained in turn with the supernet by proximal steps (NASP, Yao et al. 2020).</summary>
    Nasp,

    /// <summary>Multi-objective evolution with a front as its result (NSGA-II, Deb et al. 2002).</summary>
    Nsga2,
}
