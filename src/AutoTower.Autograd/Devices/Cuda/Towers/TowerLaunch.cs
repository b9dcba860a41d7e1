using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AutoTower.Autograd.Devices.Cuda.Towers;

/// <summary>A choice block, laid out as <c>Block</c> in kernels/common/towers.cuh, where the fields are explained.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BlockLaunch
{
    public nint FirstWeight;
    public nint FirstBias;
    public nint OutputWeight;
    public nint OutputBias;
    public nint First;
    public nint Second;
    public nint FirstGradient;
    public nint Pre;
    public nint PreGradient;
    public nint Statistics;
    public nint Scale;
    public nint Shift;
    public nint ScaleGradient;
    public nint ShiftGradient;
    public nint Running;
    public long RunningVariance;
    public int Kind;
    public int Parameter;
}

/// <summary>One tower and the stages of a launch, laid out as <c>Tower</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TowerLaunch
{
    public const int MostBlocks = 7;

    public nint Input;
    public nint InputGradient;
    public nint AlignmentWeight;
    public nint AlignmentBias;
    public nint States;
    public nint StateGradients;
    public nint Vectors;
    public nint Norms;
    public nint VectorGradients;
    public Partials Written;
    public nint Merged;
    public nint Barrier;
    public nint Done;
    public nint Counter;
    public nint PenaltyPartials;
    public nint PenaltyNorm;
    public nint Loss;
    public List Of;
    public int InputWidth;
    public int InputStride;
    public int Blocks;
    public int Begin;
    public int End;
    public int PenaltyColumns;
    public float Penalty;

    [InlineArray(2)]
    public struct Partials
    {
        private nint _first;
    }

    [InlineArray(MostBlocks)]
    public struct List
    {
        private BlockLaunch _first;
    }
}

/// <summary>What both towers of a launch share, laid out as <c>Pass</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PassLaunch
{
    public int Batch;
    public int Groups;
    public int Inference;
    public int Cumulative;
    public int FirstGroup;
    public int PreviousRows;
    public int MergedRows;
    public float Momentum;
}

/// <summary>The argument of a launch, laid out as <c>Towers</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TowersLaunch
{
    public Pair Of;
    public PassLaunch Pass;

    [InlineArray(2)]
    public struct Pair
    {
        private TowerLaunch _first;
    }
}
