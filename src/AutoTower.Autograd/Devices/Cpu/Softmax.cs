using System.Numerics.Tensors;

namespace AutoTower.Autograd.Devices.Cpu;

/// <summary>The softmax of a short row of scores.</summary>
internal static class Softmax
{
    /// <summary>
    /// Replaces scores by their softmax. The maximum is subtracted first: TensorPrimitives.SoftMax does not do so, and a score of 89
    /// would make it divide infinity by infinity.
    /// </summary>
    public static void Apply(Span<float> scores)
    {
        if (scores.IsEmpty)
        {
            return;
        }

        TensorPrimitives.Subtract(scores, TensorPrimitives.Max<float>(scores), scores);
        TensorPrimitives.Exp<float>(scores, scores);
        TensorPrimitives.Multiply(scores, 1f / TensorPrimitives.Sum<float>(scores), scores);
    }
}
