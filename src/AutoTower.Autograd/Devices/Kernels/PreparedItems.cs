namespace AutoTower.Autograd.Devices.Kernels;

/// <summary>
/// Items together with what a device works out about them once, for any number of queries. The table's memory must stay as it is while
/// this lives.
/// </summary>
/// <param name="table">The items.</param>
public class PreparedItems(ItemTable table) : IDisposable
{
    /// <summary>The items.</summary>
    public ItemTable Table { get; } = table;

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the device worked out; the table belongs to the caller.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
