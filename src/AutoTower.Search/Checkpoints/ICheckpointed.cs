namespace AutoTower.Search.Checkpoints;

/// <summary>Has state that a run needs to go on from where it was.</summary>
public interface ICheckpointed
{
    /// <summary>Writes the state. Called between two steps or candidates; waits for the device.</summary>
    void Save(CheckpointWriter writer);

    /// <summary>Takes the state back, in an object made with the same options.</summary>
    /// <exception cref="Data.DataException">An entry is missing or does not fit.</exception>
    void Restore(CheckpointReader reader);
}
