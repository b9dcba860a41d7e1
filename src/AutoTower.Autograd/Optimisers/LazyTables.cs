using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Memory;
using AutoTower.Autograd.Parameters;

namespace AutoTower.Autograd.Optimisers;

/// <summary>The tables of a store that are updated by row, what is known of their rows, and the rows that the current step touches.</summary>
internal sealed class LazyTables : IDisposable
{
    private readonly List<(RowTable Table, ParameterGroup Group, nint Address)> _tables = [];
    private readonly List<TouchedRows> _touched = [];
    private readonly DeviceBuffer<int> _owners;

    /// <summary>Prepares the tables that <paramref name="lazy"/> chooses; none where it is null.</summary>
    /// <param name="store">All parameters.</param>
    /// <param name="lazy">Which tables.</param>
    /// <param name="firstCounter">Step counter of the first of them.</param>
    public LazyTables(ParameterStore store, LazyUpdates? lazy, int firstCounter)
    {
        var device = store.Values.Device;
        var chosen = (
            from parameterGroup in store.Groups
            from parameter in parameterGroup.Parameters
            where lazy?.Includes(parameter) == true
            select (Group: parameterGroup, Parameter: parameter)).ToList();
        var rows = chosen.Sum(entry => (long)entry.Parameter.Rows);
        LastGradient = new DeviceBuffer<int>(device, rows, "rows' last gradients");
        CaughtUp = new DeviceBuffer<int>(device, rows, "rows' replayed updates");
        _owners = new DeviceBuffer<int>(device, rows, "rows' owners");
        long first = 0;
        foreach (var (group, parameter) in chosen)
        {
            var table = new RowTable(
                parameter.Offset,
                parameter.Rows,
                parameter.Columns,
                firstCounter + _tables.Count,
                Part(LastGradient, first, parameter.Rows),
                Part(CaughtUp, first, parameter.Rows),
                Part(_owners, first, parameter.Rows));
            _tables.Add((table, group, parameter.Tensor.Value.Address));
            first += parameter.Rows;
        }

        All = [.. _tables.Select(entry => entry.Table)];
    }

    /// <summary>The tables.</summary>
    public IReadOnlyList<RowTable> All { get; }

    /// <summary>The update of each row's last gradient, table by table.</summary>
    public DeviceBuffer<int> LastGradient { get; }

    /// <summary>The update up to which each row's value is exact, table by table.</summary>
    public DeviceBuffer<int> CaughtUp { get; }

    /// <summary>What was touched and not yet taken.</summary>
    public IReadOnlyList<TouchedRows> Touched => _touched;

    /// <summary>Makes room for the rows that look-ups find in the tables of some groups.</summary>
    public void Touch(Arena arena, IReadOnlyList<ParameterGroup> groups, IReadOnlyList<RowLookup> lookups)
    {
        if (_touched.Count > 0)
        {
            throw new InvalidOperationException("The rows of a batch were touched twice without a step.");
        }

        foreach (var (table, group, address) in _tables)
        {
            if (groups.Contains(group))
            {
                RowLookup[] own = [.. lookups.Where(lookup => lookup.Field.Table.Address == address)];
                _touched.Add(new TouchedRows(table, own, arena.NewIntegers(own.Sum(lookup => lookup.Places))));
            }
        }
    }

    /// <summary>The rows touched, which must be those of the tables of <paramref name="groups"/>; from now on nothing is touched.</summary>
    public TouchedRows[] Take(IReadOnlyList<ParameterGroup> groups)
    {
        if (_tables.Count(entry => groups.Contains(entry.Group)) != _touched.Count)
        {
            throw new InvalidOperationException("A step updates tables by row, but the rows of its batch were not prepared.");
        }

        return Forget();
    }

    /// <summary>The rows touched; from now on nothing is touched.</summary>
    public TouchedRows[] Forget()
    {
        TouchedRows[] touched = [.. _touched];
        _touched.Clear();
        return touched;
    }

    /// <summary>Forgets all updates.</summary>
    public void Reset()
    {
        var device = LastGradient.Device;
        device.Zero(LastGradient.Address, LastGradient.Bytes);
        device.Zero(CaughtUp.Address, CaughtUp.Bytes);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        LastGradient.Dispose();
        CaughtUp.Dispose();
        _owners.Dispose();
    }

    private static IntegerArray Part(DeviceBuffer<int> buffer, long first, int count) => new(buffer.Address + (nint)first * sizeof(int), count);
}
