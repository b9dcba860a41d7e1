namespace AutoTower.Autograd.Devices.Kernels;

/// <summary>A gather of the fields of entities.</summary>
/// <param name="Ids">(N) entity ids.</param>
/// <param name="Fields">Their fields.</param>
/// <param name="Output">(N, F*E), with gradient where one is wanted.</param>
public readonly record struct EntityGather(IntegerArray Ids, FieldLookup[] Fields, Tensor Output);
