using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using AutoTower.Kernels.Memory;

namespace AutoTower.Kernels.Launch;

/// <summary>
/// A kernel's arguments in order, on the stack. Each value is passed as its C# type is: int for int, float for float, long for long long,
/// nint or a view for a pointer, an unmanaged struct for the same struct.
/// </summary>
public unsafe ref struct KernelArguments
{
    /// <summary>Most arguments of one kernel.</summary>
    public const int MaxCount = 64;

    /// <summary>Most bytes of all arguments, each rounded up to <see cref="Alignment"/>.</summary>
    public const int MaxBytes = 1024;

    /// <summary>Every argument starts at a multiple of this many bytes; no type of the device needs more.</summary>
    public const int Alignment = 16;

    private Bytes _bytes;
    private Offsets _offsets;
    private Sizes _sizes;
    private int _count;
    private int _used;

    /// <summary>Number of arguments so far.</summary>
    public readonly int Count => _count;

    /// <summary>Adds an argument by value.</summary>
    /// <typeparam name="T">Its type, with the same layout as in the kernel.</typeparam>
    /// <param name="value">The value.</param>
    /// <returns>This list.</returns>
    [UnscopedRef]
    public ref KernelArguments Add<T>(T value)
        where T : unmanaged
    {
        if (_count == MaxCount || _used + sizeof(T) > MaxBytes)
        {
            throw new InvalidOperationException($"A kernel takes at most {MaxCount} arguments of {MaxBytes} bytes together.");
        }
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref Unsafe.As<Bytes, byte>(ref _bytes), _used), value);
        _offsets[_count] = (short)_used;
        _sizes[_count] = (short)sizeof(T);
        _count++;
        _used = (_used + sizeof(T) + Alignment - 1) / Alignment * Alignment;
        return ref this;
    }

    /// <summary>Adds the address of device memory.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="view">The memory.</param>
    /// <returns>This list.</returns>
    [UnscopedRef]
    public ref KernelArguments Add<T>(CudaDeviceView<T> view)
        where T : unmanaged => ref Add(view.Pointer);

    /// <summary>Adds the address of device memory.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="variable">The memory.</param>
    /// <returns>This list.</returns>
    [UnscopedRef]
    public ref KernelArguments Add<T>(CudaDeviceVariable<T> variable)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(variable);
        return ref Add(variable.Pointer);
    }

    /// <summary>Size in bytes of one argument.</summary>
    internal readonly int SizeOf(int index) => _sizes[index];

    /// <summary>Copies the values and points at them; the block must be on the stack of the caller and aligned to <see cref="Alignment"/>.</summary>
    internal readonly void WriteTo(byte* block, void** pointers)
    {
        fixed (Bytes* source = &_bytes)
        {
            Unsafe.CopyBlock(block, source, (uint)_used);
        }
        for (int i = 0; i < _count; i++)
        {
            pointers[i] = block + _offsets[i];
        }
    }

    [InlineArray(MaxBytes)]
    private struct Bytes
    {
        private byte _first;
    }

    [InlineArray(MaxCount)]
    private struct Offsets
    {
        private short _first;
    }

    [InlineArray(MaxCount)]
    private struct Sizes
    {
        private short _first;
    }
}
