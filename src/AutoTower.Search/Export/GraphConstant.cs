namespace AutoTower.Search.Export;

/// <summary>A constant tensor, of floats or of integers.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Sizes of the dimensions.</param>
/// <param name="Floats">Row-major values, or null.</param>
/// <param name="Integers">Row-major values, or null.</param>
internal sealed record GraphConstant(string Name, IReadOnlyList<long> Shape, float[]? Floats, long[]? Integers);

/// <summary>What a caller feeds to an exported tower.</summary>
/// <param name="Name">Name of the input.</param>
/// <param name="IsMask">True for a Boolean mask, false for integer ids.</param>
/// <param name="Columns">Null for one value an example (batch); a number for a fixed (batch, number); -1 for a free second dimension.</param>
/// <param name="Meaning">What it means, one sentence.</param>
internal sealed record GraphInput(string Name, bool IsMask, int? Columns, string Meaning);
