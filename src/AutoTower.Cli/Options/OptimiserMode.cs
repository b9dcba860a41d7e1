namespace AutoTower.Cli.Options;

/// <summary>What an update does with rows of embedding tables that the batch does not touch.</summary>
internal enum OptimiserMode
{
    /// <summary>Updates them too, as the specification's optimiser does; a step's time grows with the tables.</summary>
    Dense,

    /// <summary>Lets rows of large tables catch up when they are needed.</summary>
    Lazy,
}
