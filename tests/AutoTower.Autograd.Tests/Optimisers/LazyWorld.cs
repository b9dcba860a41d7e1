using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Memory;
using AutoTower.Autograd.Optimisers;
using AutoTower.Autograd.Parameters;

namespace AutoTower.Autograd.Tests.Optimisers;

/// <summary>
/// Parameters of every kind, and steps on them whose gradients depend on the values that a step reads, so that a row which is read before it
/// has caught up shows. The first group has a vector, a table read by users and by histories, another vector and a table of sets of values;
/// the second, which only some steps update, has a table whose width is odd.
/// </summary>
internal sealed class LazyWorld : IDisposable
{
    private const int Entities = 60;
    private readonly Device _device;
    private readonly Arena _arena;
    private readonly ParameterStore _store = new();
    private readonly List<IDisposable> _owned = [];
    private readonly Parameter[] _vectors;
    private readonly (Parameter Table, int[] Values, int[] Offsets, FieldLookup Lookup, bool FirstOnly)[] _fields;
    private readonly ParameterGroup _first;
    private readonly ParameterGroup _second;
    private readonly System.Random _random = new(5);

    public LazyWorld(Device device, AdamSettings settings, LazyUpdates? lazy)
    {
        _device = device;
        _arena = new Arena(device, "test");
        _first = _store.AddGroup("first");
        _second = _store.AddGroup("second");
        var before = _first.AddVector("before", 19, new Initialiser.StandardNormal());
        var single = _first.AddTable("single", 50, 24, new Initialiser.StandardNormal());
        var between = _first.AddVector("between", 33, new Initialiser.StandardNormal());
        var set = _first.AddTable("set", 30, 16, new Initialiser.StandardNormal());
        var odd = _second.AddTable("odd", 40, 5, new Initialiser.StandardNormal());
        _store.Allocate(device, 1);
        _vectors = [before, between];
        int[] one = [.. Enumerable.Range(0, Entities).Select(entity => (entity * 7) % 50)];
        int[] offsets = [.. Enumerable.Range(0, Entities + 1).Select(entity => (entity / 4 * 6) + new[] { 0, 3, 3, 4 }[entity % 4])];
        int[] values = [.. Enumerable.Range(0, offsets[^1]).Select(index => index / 2 * 11 % 30)];
        _fields =
        [
            Field(single, one, [], false), Field(set, values, offsets, false), Field(set, values, offsets, true),
            Field(odd, [.. one.Select(row => row % 40)], [], false),
        ];
        Optimiser = new Adam(_store, settings, lazy);
    }

    public Adam Optimiser { get; }

    /// <summary>Values and both moments of the parameters, and the norm.</summary>
    public (float[] Values, float[] First, float[] Second, float Norm) State => (
        _store.Values.DownloadToHost(),
        Optimiser.FirstMoments.DownloadToHost(),
        Optimiser.SecondMoments.DownloadToHost(),
        Optimiser.Norm.DownloadToHost()[0]);

    public float[] Gradients => _store.Gradients.DownloadToHost();

    /// <summary>A step on a batch of <paramref name="ids"/>, of which some belong to users, the others to a history.</summary>
    public void Step(bool withSecond, params int[] ids)
    {
        var groups = Groups(withSecond);
        BackwardAfterPrepare(groups, ids);
        Optimiser.Step(groups);
    }

    /// <summary>The same without an update.</summary>
    public void Discard(params int[] ids)
    {
        BackwardAfterPrepare(Groups(true), ids);
        Optimiser.DiscardGradients();
    }

    public void Prepare(params int[] ids) => Optimiser.Prepare(_arena, Groups(true), Lookups(ids));

    public void StepUnprepared() => Optimiser.Step(Groups(true));

    /// <summary>Steps on random batches of nine, padding and repetitions among them; the second group takes part in two of three.</summary>
    public void RandomSteps(int count, Action? between = null)
    {
        for (var step = 0; step < count; step++)
        {
            // Ten steps in a row keep to a few entities, so that the others miss many updates.
            var range = step / 10 % 2 == 0 ? Entities : 8;
            Step(step % 3 != 0, [.. Enumerable.Range(0, 9).Select(_ => _random.Next(range))]);
            between?.Invoke();
        }
    }

    /// <summary>Elements of a row of the first table in the slabs.</summary>
    public Range Row(int row) => ((int)_fields[0].Table.Offset + (row * 24))..((int)_fields[0].Table.Offset + ((row + 1) * 24));

    /// <summary>The row of an entity in the first table.</summary>
    public int RowOf(int entity) => _fields[0].Values[entity];

    public void Dispose()
    {
        Optimiser.Dispose();
        _store.Dispose();
        _arena.Dispose();
        _owned.ForEach(owned => owned.Dispose());
    }

    private ParameterGroup[] Groups(bool withSecond) => withSecond ? [_first, _second] : [_first];

    private void BackwardAfterPrepare(ParameterGroup[] groups, int[] ids)
    {
        _arena.Reset();
        if (Optimiser.IsLazy)
        {
            Optimiser.Prepare(_arena, groups, Lookups(ids));
        }

        var values = _store.Values.DownloadToHost();
        var gradients = _store.Gradients.DownloadToHost();
        foreach (var vector in _vectors)
        {
            Add((int)vector.Offset, vector.Count, 1);
        }

        for (var f = 0; f < (groups.Contains(_second) ? 4 : 3); f++)
        {
            var (table, rows, offsets, _, firstOnly) = _fields[f];
            foreach (var id in Part(f, ids).Where(id => id != 0))
            {
                int[] found = offsets.Length == 0 ? [rows[id]] : rows[offsets[id]..offsets[id + 1]];
                foreach (var row in firstOnly ? found.DefaultIfEmpty(0).Take(1) : found)
                {
                    Add((int)table.Offset + (row * table.Columns), table.Columns, 1f / Math.Max(1, found.Length));
                }
            }
        }

        _store.Gradients.Upload(gradients);

        void Add(int first, int count, float factor)
        {
            for (var i = first; i < first + count; i++)
            {
                gradients[i] += factor * ((0.3f * values[i]) + MathF.Sin(i + values[i % 19]));
            }
        }
    }

    // The users' fields read the first ids, the history's the others.
    private static int[] Part(int field, int[] ids) => field == 2 ? ids[(ids.Length / 2)..] : ids[..Math.Max(1, ids.Length / 2)];

    private IReadOnlyList<RowLookup> Lookups(int[] ids) =>
        [.. _fields.Select((field, index) => new RowLookup(_arena.NewIntegers(Part(index, ids)), field.Lookup, field.FirstOnly || field.Offsets.Length == 0 ? 1 : 3))];

    private (Parameter Table, int[] Values, int[] Offsets, FieldLookup Lookup, bool FirstOnly) Field(Parameter table, int[] values, int[] offsets, bool firstOnly)
    {
        var lookup = new FieldLookup(
            table.Tensor.Value, table.Tensor.Gradient, Upload(values), offsets.Length == 0 ? IntegerArray.None : Upload(offsets), firstOnly);
        return (table, values, offsets, lookup, firstOnly);
    }

    private IntegerArray Upload(int[] values)
    {
        var buffer = new DeviceBuffer<int>(_device, values, "test");
        _owned.Add(buffer);
        return new IntegerArray(buffer.Address, values.Length);
    }
}
