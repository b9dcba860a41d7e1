namespace AutoTower.Search.Space;

/// <summary>Analytic cost of a part of a model (SPEC.md, Cost model).</summary>
/// <param name="Parameters">Trainable values, embedding tables left out.</param>
/// <param name="MultiplyAccumulates">Multiply-accumulates for one example.</param>
public readonly record struct Complexity(long Parameters, long MultiplyAccumulates)
{
    /// <summary>The paper's FLOPs column: multiply-accumulates / 2.</summary>
    public double Flops => MultiplyAccumulates / 2.0;

    /// <summary>Sum of two parts.</summary>
    public static Complexity operator +(Complexity left, Complexity right) =>
        new(left.Parameters + right.Parameters, left.MultiplyAccumulates + right.MultiplyAccumulates);

    /// <summary>Sum of two parts.</summary>
    public static Complexity Add(Complexity left, Complexity right) => left + right;
}
