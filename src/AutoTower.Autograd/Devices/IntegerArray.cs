namespace AutoTower.Autograd.Devices;

/// <summary>A non-owning view of 32-bit integers in device memory (ids, offsets, lengths, step counters).</summary>
/// <param name="Address">Address of the first element; 0 for "absent".</param>
/// <param name="Length">Number of elements.</param>
public readonly record struct IntegerArray(nint Address, int Length)
{
    /// <summary>The absent array.</summary>
    public static IntegerArray None => default;

    /// <summary>True when there is no memory behind the view.</summary>
    public bool IsAbsent => Address == 0;

    /// <summary>Elements [<paramref name="first"/>, <paramref name="first"/> + <paramref name="count"/>).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the array.</exception>
    public IntegerArray Slice(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + count, Length);
        return new IntegerArray(Address + (nint)first * sizeof(int), count);
    }
}
