namespace AutoTower.Search.Data.Preparation;

/// <summary>Fewest interactions of a user and of an item.</summary>
/// <param name="Users">Of a user; 1 keeps all.</param>
/// <param name="Items">Of an item; 1 keeps all.</param>
internal readonly record struct CoreThresholds(int Users, int Items);
