namespace AutoTower.Autograd.Random;

/// <summary>What random numbers are drawn for; the last counter word of the generator, so that no two uses share numbers.</summary>
public enum RandomStream : uint
{
    /// <summary>Initial parameter values.</summary>
    Initialisation = 1,

    /// <summary>Dropout masks.</summary>
    Dropout = 2,

    /// <summary>Order of training examples.</summary>
    Shuffle = 3,

    /// <summary>Architectures sampled in supernet training.</summary>
    ArchitectureSampling = 4,

    /// <summary>Evolutionary search.</summary>
    Evolution = 5,

    /// <summary>Other search strategies.</summary>
    Strategy = 6,
}
