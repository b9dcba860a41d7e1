namespace AutoTower.Autograd.Devices.Cpu.Ranking;

/// <summary>
/// The best k of a stream of scores. Candidates better than the k-th best known are appended; when 2k have gathered, the worse half is
/// dropped. Keys are distinct, so the outcome does not depend on when that happens.
/// </summary>
internal unsafe struct TopSelection
{
    private readonly ulong* _keys;
    private readonly int _k;
    private int _count;
    private ulong _worst;

    /// <summary>Selects <paramref name="k"/>; <paramref name="keys"/> has room for <see cref="Room"/>.</summary>
    public TopSelection(ulong* keys, int k)
    {
        _keys = keys;
        _k = k;
        _worst = RankedScore.Missing;
    }

    /// <summary>
    /// A score has a chance unless it is at most this; NaN while everything has. Of equal scores the earlier index wins, and indices come
    /// in ascending order.
    /// </summary>
    public readonly float Threshold => _worst == RankedScore.Missing ? float.NaN : RankedScore.Score(_worst);

    /// <summary>Keys that a selection of k needs room for.</summary>
    public static int Room(int k) => 2 * k;

    /// <summary>Offers a candidate; true where the threshold rose.</summary>
    public bool Offer(float score, int index)
    {
        var key = RankedScore.Key(score, index);
        if (key >= _worst)
        {
            return false;
        }

        _keys[_count++] = key;
        if (_count < Room(_k))
        {
            return false;
        }

        Halve();
        return true;
    }

    /// <summary>Sorts what is left and fills up with missing results; then the first k keys are the answer.</summary>
    public ReadOnlySpan<ulong> Finish()
    {
        if (_count > _k)
        {
            Halve();
        }

        new Span<ulong>(_keys, _count).Sort();
        new Span<ulong>(_keys + _count, _k - _count).Fill(RankedScore.Missing);
        return new ReadOnlySpan<ulong>(_keys, _k);
    }

    private void Halve()
    {
        SmallestKeys.MoveToFront(new Span<ulong>(_keys, _count), _k);
        _count = _k;
        _worst = _keys[_k - 1];
    }
}
