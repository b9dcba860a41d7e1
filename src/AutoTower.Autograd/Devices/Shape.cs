using System.Runtime.CompilerServices;

namespace AutoTower.Autograd.Devices;

/// <summary>Shape checks of the kernels: raw addresses forgive nothing.</summary>
internal static class Shape
{
    /// <summary>Throws unless <paramref name="matrix"/> is <paramref name="rows"/> x <paramref name="columns"/>.</summary>
    public static void Require(
        Matrix matrix, int rows, int columns, [CallerArgumentExpression(nameof(matrix))] string name = "", [CallerMemberName] string kernel = "")
    {
        if (matrix.Rows != rows || matrix.Columns != columns)
        {
            Fail($"{kernel}: {name} is {matrix.Rows} x {matrix.Columns}, expected {rows} x {columns}.", name);
        }
    }

    /// <summary>As <see cref="Require(Matrix, int, int, string, string)"/>, but the matrix may be absent.</summary>
    public static void RequireIfPresent(
        Matrix matrix, int rows, int columns, [CallerArgumentExpression(nameof(matrix))] string name = "", [CallerMemberName] string kernel = "")
    {
        if (!matrix.IsAbsent)
        {
            Require(matrix, rows, columns, name, kernel);
        }
    }

    /// <summary>Throws unless <paramref name="array"/> has <paramref name="length"/> elements.</summary>
    public static void Require(
        IntegerArray array, int length, [CallerArgumentExpression(nameof(array))] string name = "", [CallerMemberName] string kernel = "")
    {
        if (array.Length != length)
        {
            Fail($"{kernel}: {name} has {array.Length} elements, expected {length}.", name);
        }
    }

    private static void Fail(string message, string name) => throw new ArgumentException(message, name);
}
