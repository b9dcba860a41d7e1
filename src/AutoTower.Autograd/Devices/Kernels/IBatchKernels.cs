namespace AutoTower.Autograd.Devices.Kernels;

/// <summary>The interactions of a data set on the device, grouped by user and in time order.</summary>
/// <param name="Users">Interaction -> user id.</param>
/// <param name="Items">Interaction -> item id.</param>
/// <param name="UserOffsets">User id -> first interaction of the user.</param>
/// <param name="HistoryLength">L.</param>
/// <param name="Weights">(1, interactions): weight r of each in the loss; absent where every r is 1.</param>
public readonly record struct InteractionTable(
    IntegerArray Users, IntegerArray Items, IntegerArray UserOffsets, int HistoryLength, Matrix Weights = default);

/// <summary>What a batch consists of; all arrays are assigned by the kernels below.</summary>
/// <param name="Users">(B) user ids.</param>
/// <param name="Items">(B) item ids.</param>
/// <param name="History">(B*L) item ids, padded on the left with 0.</param>
/// <param name="Lengths">(B) number of valid positions.</param>
/// <param name="Rewards">(1, B): weight r of each example, assigned where the interactions have weights; absent where nobody asks.</param>
public readonly record struct BatchArrays(
    IntegerArray Users, IntegerArray Items, IntegerArray History, IntegerArray Lengths, Matrix Rewards = default);

/// <summary>Batch assembly without host traffic.</summary>
public interface IBatchKernels
{
    /// <summary>
    /// The batch of step t (read from the clock, from 1): element i is interaction pool[permute(k)], k = ((t-1) mod n) * B + i with
    /// n = pool.Length / B batches an epoch (at least 1; k modulo the pool's length where the pool is smaller than B), and permute the
    /// keyed bijection <see cref="Random.Shuffle"/> of epoch (t-1) / n. The history of interaction e is the user's L interactions before e.
    /// </summary>
    void AssembleShuffled(InteractionTable table, IntegerArray pool, ulong seed, IntegerArray clock, BatchArrays batch);

    /// <summary>next[0] = clock[0] + 1, and <see cref="AssembleShuffled"/> of that step. The two clocks are different ones.</summary>
    void AssembleNext(InteractionTable table, IntegerArray pool, ulong seed, IntegerArray clock, IntegerArray next, BatchArrays batch);

    /// <summary>The batch of the given interactions, in order.</summary>
    void Assemble(InteractionTable table, IntegerArray interactions, BatchArrays batch);

    /// <summary>clock[0] += 1.</summary>
    void Advance(IntegerArray clock);
}
