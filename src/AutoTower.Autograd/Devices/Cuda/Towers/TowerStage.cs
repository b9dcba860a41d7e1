using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AutoTower.Autograd.Devices.Cuda.Towers;

/// <summary>One tower at one stage, laid out as <c>Stage</c> in kernels/common/towers.cuh, where the fields are explained.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TowerStage
{
    public nint Input;
    public nint InputGradient;
    public nint AlignmentWeight;
    public nint AlignmentBias;
    public nint States;
    public nint StateGradients;
    public nint FirstWeight;
    public nint FirstBias;
    public nint OutputWeight;
    public nint OutputBias;
    public nint First;
    public nint Second;
    public nint FirstGradient;
    public nint Pre;
    public nint PreGradient;
    public nint Partials;
    public nint Merged;
    public nint Counter;
    public nint Statistics;
    public nint Scale;
    public nint ScaleGradient;
    public nint ShiftGradient;
    public nint PreviousPre;
    public nint PreviousStatistics;
    public nint PreviousRunning;
    public nint PreviousScale;
    public nint PreviousShift;
    public nint Vectors;
    public nint Norms;
    public nint VectorGradients;
    public nint PenaltyPartials;
    public nint PenaltyNorm;
    public nint Loss;
    public long PreviousRunningVariance;
    public int InputWidth;
    public int InputStride;
    public int Blocks;
    public int Stage;
    public int Kind;
    public int Parameter;
    public int PreviousRows;
    public int MergedRows;
    public int PenaltyColumns;
    public float Penalty;

    /// <summary>A tower with nothing to do.</summary>
    public static TowerStage Idle => new() { Stage = -1 };
}

/// <summary>What both towers of a launch share, laid out as <c>Pass</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TowerPass
{
    public int Batch;
    public int Groups;
    public int Inference;
    public int Cumulative;
    public int FirstGroup;
    public float Momentum;
}

/// <summary>The argument of a launch, laid out as <c>Towers</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TowerLaunch
{
    public Pair Of;
    public TowerPass Pass;

    [InlineArray(2)]
    public struct Pair
    {
        private TowerStage _first;
    }
}
