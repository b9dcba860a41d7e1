using System.Runtime.CompilerServices;
using AutoTower.Kernels.Launch;

namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>
/// One argument of a launch. <see cref="Matrix"/> and <see cref="IntegerArray"/> arrive as the structs of the same names in
/// kernels/common/views.cuh; a view's Address arrives as a plain pointer.
/// </summary>
internal readonly struct KernelArgument
{
    private readonly Payload _payload;
    private readonly int _bytes;

    private KernelArgument(ReadOnlySpan<byte> value)
    {
        value.CopyTo(_payload);
        _bytes = value.Length;
    }

    public static implicit operator KernelArgument(int value) => Of(value);

    public static implicit operator KernelArgument(long value) => Of(value);

    public static implicit operator KernelArgument(ulong value) => Of(value);

    public static implicit operator KernelArgument(float value) => Of(value);

    public static implicit operator KernelArgument(nint value) => Of(value);

    public static implicit operator KernelArgument(Matrix value) => Of(value);

    public static implicit operator KernelArgument(IntegerArray value) => Of(value);

    /// <summary>Appends the value with its own size, which the launch compares with the kernel's declaration.</summary>
    public void AddTo(ref KernelArguments arguments)
    {
        switch (_bytes)
        {
            case sizeof(int):
                arguments.Add(Unsafe.As<Payload, int>(ref Unsafe.AsRef(in _payload)));
                break;
            case sizeof(long):
                arguments.Add(Unsafe.As<Payload, long>(ref Unsafe.AsRef(in _payload)));
                break;
            case 16:
                arguments.Add(Unsafe.As<Payload, IntegerArray>(ref Unsafe.AsRef(in _payload)));
                break;
            default:
                arguments.Add(Unsafe.As<Payload, Matrix>(ref Unsafe.AsRef(in _payload)));
                break;
        }
    }

    private static unsafe KernelArgument Of<T>(T value)
        where T : unmanaged => new(new ReadOnlySpan<byte>(&value, sizeof(T)));

    [InlineArray(24)]
    private struct Payload
    {
        private byte _first;
    }
}
