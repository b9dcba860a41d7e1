namespace AutoTower.Autograd.Devices.Kernels;

/// <summary>
/// An embedding table that is updated by row: an update touches the rows that have a gradient, and the others catch up when they are needed.
/// </summary>
/// <remarks>
/// With t the table's updates so far, a row whose last gradient came with update s has missed t - s. Of these the first R are replayed, one by
/// one and with gradient zero, as an update of the whole table does them: decay, moments, value, with the corrections of that update. What a
/// row has missed beyond R does not move its value, whenever that is read; when the row has a gradient again, its moments decay by
/// beta1^n and beta2^n for those n updates. So results do not depend on when rows catch up, and with R unlimited they are those of the dense update.
/// </remarks>
/// <param name="Offset">First element in the slabs; a multiple of 16.</param>
/// <param name="Rows">V.</param>
/// <param name="Columns">E; rows lie one behind the other.</param>
/// <param name="Counter">Index of t in the step counters.</param>
/// <param name="LastGradient">(V): s of each row, 0 at first.</param>
/// <param name="CaughtUp">(V): the update up to which the row's value is exact, 0 at first.</param>
/// <param name="Owners">(V): zeros, except between Prepare and the end of the step.</param>
public readonly record struct RowTable(
    long Offset, int Rows, int Columns, int Counter, IntegerArray LastGradient, IntegerArray CaughtUp, IntegerArray Owners);

/// <summary>A look-up of one field of entities.</summary>
/// <param name="Ids">(N) entity ids; 0 is padding and looks up nothing.</param>
/// <param name="Field">The field.</param>
/// <param name="MostValues">M: most values that an entity has in the field, at least 1.</param>
public readonly record struct RowLookup(IntegerArray Ids, FieldLookup Field, int MostValues)
{
    /// <summary>Places for the rows found, N * M.</summary>
    public int Places => checked(Ids.Length * MostValues);
}

/// <summary>The rows of a table that a batch looks up.</summary>
/// <param name="Table">The table.</param>
/// <param name="Lookups">The look-ups that read it.</param>
/// <param name="Rows">
/// One place for each value of each entity, in the order of the look-ups: the row where this is the first place that names it, else -1.
/// </param>
public readonly record struct TouchedRows(RowTable Table, RowLookup[] Lookups, IntegerArray Rows);
