namespace AutoTower.Autograd.Devices.Kernels;

/// <summary>Items that a query must not return: query i's are Items[Offsets[i] .. Offsets[i+1]), ascending.</summary>
/// <param name="Offsets">(N + 1), or absent where nothing is excluded.</param>
/// <param name="Items">Row indices into the item table.</param>
public readonly record struct Exclusions(IntegerArray Offsets, IntegerArray Items);

/// <summary>
/// Exact retrieval by inner product. The score of a query x and an item y is the float32 number that one chain of fused multiply-adds in
/// the order of the elements gives, s = fma(x[0], y[0], 0), s = fma(x[1], y[1], s), ..., plus the item's bias (one addition) where there
/// is one; bfloat16 elements are widened first, and a zero has no sign. Whatever a device computes to find candidates, the scores it
/// returns and the order it returns them in are those.
/// </summary>
public interface IRankingKernels
{
    /// <summary>Largest k.</summary>
    const int LargestK = 1024;

    /// <summary>Works out what <see cref="TopK"/> wants to know about items. The caller disposes it before the items' memory goes.</summary>
    /// <exception cref="ArgumentException">Bias or bitmap do not fit the vectors.</exception>
    PreparedItems Prepare(ItemTable items);

    /// <summary>
    /// The k best items per query among those that are allowed and not excluded; order: score descending, then index ascending; NaN last.
    /// Missing results (fewer than k items left) have index -1 and score -infinity.
    /// </summary>
    /// <param name="queries">(N, O).</param>
    /// <param name="items">M items from <see cref="Prepare"/> of the same device.</param>
    /// <param name="exclusions">Items left out, per query.</param>
    /// <param name="k">1 to <see cref="LargestK"/>.</param>
    /// <param name="indices">(N*k). Assigned.</param>
    /// <param name="scores">(N, k). Assigned.</param>
    void TopK(Matrix queries, PreparedItems items, Exclusions exclusions, int k, IntegerArray indices, Matrix scores);
}
