namespace AutoTower.Autograd.Devices.Kernels;

/// <summary>Items that a query must not return: query i's are Items[Offsets[i] .. Offsets[i+1]), ascending.</summary>
/// <param name="Offsets">(N + 1), or absent where nothing is excluded.</param>
/// <param name="Items">Row indices into the item matrix.</param>
public readonly record struct Exclusions(IntegerArray Offsets, IntegerArray Items);

/// <summary>Exact retrieval by inner product.</summary>
public interface IRankingKernels
{
    /// <summary>
    /// The k rows of items with the largest inner product per query, excluded rows left out; order: score descending, then index
    /// ascending; NaN last. Missing results (fewer than k rows left) have index -1 and score -infinity.
    /// </summary>
    /// <param name="queries">(N, O).</param>
    /// <param name="items">(M, O).</param>
    /// <param name="exclusions">Rows left out, per query.</param>
    /// <param name="k">1 to 1,024.</param>
    /// <param name="indices">(N*k). Assigned.</param>
    /// <param name="scores">(N, k). Assigned.</param>
    void TopK(Matrix queries, Matrix items, Exclusions exclusions, int k, IntegerArray indices, Matrix scores);
}
