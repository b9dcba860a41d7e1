using AutoTower.Autograd.Devices;

namespace AutoTower.Autograd;

/// <summary>
/// A float32 matrix on a device with, where one is wanted, the matrix of its gradient. A view: memory belongs to an
/// <see cref="Memory.Arena"/> (activations of a step) or a <see cref="Parameters.ParameterStore"/>.
/// Tensors of higher rank are matrices whose rows are all leading dimensions: (B, L, d) is (B*L, d), or (B, n*D) for tokens.
/// </summary>
/// <param name="Value">The values.</param>
/// <param name="Gradient">The gradient of the loss with respect to the values; absent where none is propagated.</param>
public readonly record struct Tensor(Matrix Value, Matrix Gradient)
{
    /// <summary>The absent tensor (no bias, for example).</summary>
    public static Tensor None => default;

    /// <summary>Number of rows.</summary>
    public int Rows => Value.Rows;

    /// <summary>Number of columns.</summary>
    public int Columns => Value.Columns;

    /// <summary>True when there is nothing behind the view.</summary>
    public bool IsAbsent => Value.IsAbsent;

    /// <summary>True when a gradient is propagated into this tensor.</summary>
    public bool WantsGradient => !Gradient.IsAbsent;

    /// <summary>Columns [<paramref name="first"/>, <paramref name="first"/> + <paramref name="count"/>), values and gradient.</summary>
    public Tensor SliceColumns(int first, int count) => new(Value.SliceColumns(first, count), Gradient.SliceColumnsOrNone(first, count));

    /// <summary>Rows [<paramref name="first"/>, <paramref name="first"/> + <paramref name="count"/>), values and gradient.</summary>
    public Tensor SliceRows(int first, int count) => new(Value.SliceRows(first, count), Gradient.SliceRowsOrNone(first, count));

    /// <summary>The same elements with another shape; the views must be contiguous.</summary>
    public Tensor Reshape(int rows, int columns) => new(Value.Reshape(rows, columns), Gradient.Reshape(rows, columns));
}
