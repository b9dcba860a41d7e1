using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Parameters;

namespace AutoTower.Autograd.Devices.Cuda.Towers;

/// <summary>What kernels are told of a tower: addresses and shapes.</summary>
internal sealed class TowerDescriptions(CudaEngine engine, TilePartials partials)
{
    // What blocks of threads look at again and again lies in cache lines of its own, so that they don't disturb each other.
    private const int CacheLine = 128 / sizeof(int);
    private const int FirstDone = 3 * CacheLine;

    /// <summary>What a tower's backward pass sets at its end for a launch behind it.</summary>
    public static nint Done(CudaEngine engine, int index) => engine.Counters.Slice(FirstDone + index, 1).Address;

    /// <summary>What the blocks of that launch count themselves with.</summary>
    public static nint DoneCounter(CudaEngine engine) => engine.Counters.Slice(FirstDone + 2, 1).Address;

    /// <summary>Describes all stages of a tower.</summary>
    /// <param name="tower">Its memory.</param>
    /// <param name="index">0 or 1.</param>
    /// <param name="packed">Where a layer's weight lies packed for the direction of the launch.</param>
    public TowerLaunch Describe(TowerActivations tower, int index, Func<LinearLayer, nint> packed)
    {
        var result = new TowerLaunch
        {
            Input = tower.Input.Value.Address,
            InputGradient = tower.Input.Gradient.Address,
            AlignmentWeight = packed(tower.Path.Alignment),
            AlignmentBias = tower.Path.Alignment.Bias!.Tensor.Value.Address,
            States = tower.States.Value.Address,
            StateGradients = tower.States.Gradient.Address,
            Vectors = tower.Vectors.Value.Address,
            Norms = tower.Norms.Address,
            VectorGradients = tower.Vectors.Gradient.Address,
            Barrier = engine.Counters.Slice((1 + index) * CacheLine, 2).Address,
            Counter = engine.Counters.Slice(index, 1).Address,
            PenaltyPartials = tower.Penalty.Partials.Address,
            PenaltyNorm = tower.Penalty.Norm.Address,
            Loss = tower.Penalty.Loss.Address,
            InputWidth = tower.Path.InputWidth,
            InputStride = tower.Input.Value.Stride,
            Blocks = tower.Path.Blocks.Count,
            End = tower.Path.Blocks.Count,
            PenaltyColumns = tower.Penalty.Columns,
            Penalty = tower.Penalty.Coefficient,
        };
        for (var stage = 0; stage < tower.Path.Blocks.Count; stage++)
        {
            result.Of[stage] = Describe(tower.Path.Blocks[stage], tower.Blocks[stage], packed);
        }

        for (var parity = 0; parity < 2; parity++)
        {
            result.Written[parity] = partials.Written(index, parity);
        }

        return result;
    }

    private static BlockLaunch Describe(TowerBlock block, BlockActivations memory, Func<LinearLayer, nint> packed)
    {
        var result = new BlockLaunch
        {
            FirstWeight = block.First is { } first ? packed(first) : 0,
            FirstBias = block.First?.Bias!.Tensor.Value.Address ?? 0,
            OutputWeight = packed(block.Output),
            OutputBias = block.Output.Bias!.Tensor.Value.Address,
            First = memory.First.Address,
            Second = memory.Second.Address,
            FirstGradient = memory.FirstGradient.Address,
            Pre = memory.Output.Address,
            PreGradient = memory.OutputGradient.Address,
            Statistics = memory.Statistics.Address,
            Kind = (int)block.Kind,
            Parameter = block.Parameter,
        };
        if (block.Norm is { } norm)
        {
            result.Scale = norm.Weight.Tensor.Value.Address;
            result.Shift = norm.Bias.Tensor.Value.Address;
            result.ScaleGradient = norm.Weight.Tensor.Gradient.Address;
            result.ShiftGradient = norm.Bias.Tensor.Gradient.Address;
            result.Running = norm.RunningMean.Tensor.Value.Address;
            result.RunningVariance = (norm.RunningVariance.Tensor.Value.Address - result.Running) / sizeof(float);
        }

        return result;
    }
}
