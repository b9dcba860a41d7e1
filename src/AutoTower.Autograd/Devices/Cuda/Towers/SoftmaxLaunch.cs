using System.Runtime.InteropServices;

namespace AutoTower.Autograd.Devices.Cuda.Towers;

/// <summary>The argument of a batch softmax launch, laid out as <c>Softmax</c> in kernels/tile_softmax.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SoftmaxLaunch
{
    public nint Users;
    public nint Items;
    public nint LogProbability;
    public nint Rewards;
    public nint UserGradients;
    public nint ItemGradients;
    public nint UserPairs;
    public nint ItemPairs;
    public nint Sums;
    public nint Terms;
    public nint Loss;
    public nint Counter;
    public int Batch;
    public int Groups;
    public int Parts;
    public int Stages;
    public float InverseTemperature;
}
