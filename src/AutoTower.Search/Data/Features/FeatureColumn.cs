using AutoTower.Search.Data.Tables;

namespace AutoTower.Search.Data.Features;

/// <summary>Collects the values of one field entity by entity, in any order; an entity that gets none has the value 0, unknown.</summary>
/// <param name="name">Name of the field.</param>
internal abstract class FeatureColumn(string name)
{
    /// <summary>Name of the field.</summary>
    public string Name { get; } = name;

    /// <summary>Takes the value of an entity from the current row.</summary>
    /// <param name="entity">Dense id.</param>
    /// <param name="table">The file of features.</param>
    /// <param name="column">The column of this field.</param>
    /// <exception cref="DataException">The field cannot be used.</exception>
    public abstract void Set(int entity, TableReader table, int column);

    /// <summary>The field with everything that was collected.</summary>
    public abstract FeatureField Build();
}
