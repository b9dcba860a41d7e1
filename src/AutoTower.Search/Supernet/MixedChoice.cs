using AutoTower.Autograd;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Operations;

namespace AutoTower.Search.Supernet;

/// <summary>The architecture weights that gate a supernet's operations, one row an example: every row is the same, and gradients add up.</summary>
/// <param name="Pooling">(B, poolings).</param>
/// <param name="User">Per position of the user tower, (B, types).</param>
/// <param name="Item">Per position of the item tower, (B, types).</param>
public sealed record ArchitectureGates(Tensor Pooling, IReadOnlyList<Tensor> User, IReadOnlyList<Tensor> Item);

/// <summary>
/// A choice as the mixture of all its operations, sum_k a_k O_k(x), at a discrete a: one is 1, the others 0. The value is that of the
/// active operation and so is the gradient of x, but every a_k has its gradient dL/da_k = dL/dy . O_k(x) (NASP, Yao et al. 2020).
/// </summary>
internal static class MixedChoice
{
    /// <summary>Assigns output (B, D).</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="active">Index of the active operation.</param>
    /// <param name="gates">(B, operations): 1 for the active one, else 0.</param>
    /// <param name="output">(B, D).</param>
    /// <param name="forward">Runs operation k on a tape into (B, D).</param>
    public static void Mix(Tape tape, int active, Tensor gates, Tensor output, Action<int, Tape, Tensor> forward)
    {
        var (operations, width) = (gates.Columns, output.Columns);
        var all = tape.NewTensor(output.Rows, operations * width);
        // Nothing flows into an operation whose weight is 0, so it records nothing.
        var aside = new Tape(tape.Arena, ForwardMode.Recalibration);
        for (var k = 0; k < operations; k++)
        {
            forward(k, k == active ? tape : aside, all.SliceColumns(k * width, width));
        }

        var scaled = tape.NewTensor(output.Rows, operations * width);
        tape.ScaleTokens(all, gates, scaled);
        tape.ReduceTokens(Reduction.Sum, scaled, operations, output);
    }
}
