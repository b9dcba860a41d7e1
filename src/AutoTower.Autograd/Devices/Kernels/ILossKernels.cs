namespace AutoTower.Autograd.Devices.Kernels;

/// <summary>Streaming item frequencies by occurrence interval (SPEC.md, Loss and training).</summary>
/// <param name="LastSeen">Per item id, the step it was last seen, 0 at first (int32).</param>
/// <param name="Interval">(1, items + 1): estimated steps between occurrences.</param>
/// <param name="Rate">a = 0.01.</param>
public readonly record struct ItemFrequencies(IntegerArray LastSeen, Matrix Interval, float Rate);

/// <summary>The training loss.</summary>
public interface ILossKernels
{
    /// <summary>
    /// For every occurrence of an item in the batch, in order: Interval &lt;- (1-a) Interval + a (t - LastSeen), LastSeen &lt;- t,
    /// logProbability[i] = -log(Interval), or 0 where the interval is 0, which only an item that was never seen has. t is read from the clock.
    /// </summary>
    /// <param name="frequencies">State, updated.</param>
    /// <param name="items">(B) item ids.</param>
    /// <param name="clock">One int: the step t, from 1.</param>
    /// <param name="logProbability">(1, B). Assigned.</param>
    void UpdateItemFrequencies(ItemFrequencies frequencies, IntegerArray items, IntegerArray clock, Matrix logProbability);

    /// <summary>
    /// s[i, j] = u[i] . v[j] / temperature - logProbability[j]; loss += -(1/B) sum_i r[i] log softmax(s[i])[i]. Accumulates loss,
    /// assigns probabilities.
    /// </summary>
    /// <param name="users">(B, O).</param>
    /// <param name="items">(B, O).</param>
    /// <param name="logProbability">(1, B) or absent (no correction).</param>
    /// <param name="rewards">(1, B) or absent (all 1).</param>
    /// <param name="temperature">tau.</param>
    /// <param name="probabilities">(B, B): softmax(s), saved for backward; absent where no backward follows.</param>
    /// <param name="loss">(1, 1).</param>
    void BatchSoftmaxForward(
        Matrix users, Matrix items, Matrix logProbability, Matrix rewards, float temperature, Matrix probabilities, Matrix loss);

    /// <summary>
    /// With g[i, j] = r[i] (p[i, j] - [i = j]) / (B temperature): dUsers += g v, dItems += gᵀ u. Overwrites probabilities with g.
    /// The loss's own gradient is 1.
    /// </summary>
    void BatchSoftmaxBackward(
        Matrix users, Matrix items, Matrix rewards, float temperature, Matrix probabilities, Matrix dUsers, Matrix dItems);

    /// <summary>loss += coefficient |x|_F; norm (1, 1) receives |x|_F.</summary>
    void FrobeniusForward(Matrix x, float coefficient, Matrix norm, Matrix loss);

    /// <summary>dx += coefficient x / |x|_F (nothing where the norm is 0).</summary>
    void FrobeniusBackward(Matrix x, float coefficient, Matrix norm, Matrix dx);
}
