using System.Runtime.InteropServices;
using AutoTower.Autograd.Parameters;

namespace AutoTower.Autograd.Devices.Cuda.Histories;

/// <summary>A linear layer, laid out as <c>Layer</c> in kernels/common/history.cuh.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct HistoryLayer(LinearLayer? layer)
{
    private readonly nint _weight = layer?.Weight.Tensor.Value.Address ?? 0;
    private readonly nint _bias = layer?.Bias?.Tensor.Value.Address ?? 0;
    private readonly nint _weightGradient = layer?.Weight.Tensor.Gradient.Address ?? 0;
    private readonly nint _biasGradient = layer?.Bias?.Tensor.Gradient.Address ?? 0;
}

/// <summary>The argument of a launch, laid out as <c>History</c> in kernels/common/history.cuh, where the fields are explained.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct HistoryLaunch
{
    public EmbeddingFields Fields;
    public nint Ids;
    public nint Lengths;
    public nint Output;
    public nint OutputGradient;
    public nint Position;
    public nint PositionGradient;
    public HistoryLayer First;
    public HistoryLayer Second;
    public HistoryLayer Third;
    public nint Weights;
    public nint Means;
    public nint Pooled;
    public nint Values;
    public nint Clock;
    public ulong DropoutSeed;
    public float DropoutRate;
    public int OutputStride;
    public int GradientStride;
    public int Batch;
    public int Length;
    public int Width;
    public int Examples;
    public int Copies;
    public int Average;
    public int Panel;
}
