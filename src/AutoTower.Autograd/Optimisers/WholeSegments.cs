using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Parameters;

namespace AutoTower.Autograd.Optimisers;

/// <summary>What of each group is updated whole: everything but the tables that are updated by row.</summary>
internal sealed class WholeSegments
{
    private readonly ParameterSegment[][] _ofGroup;

    /// <summary>Cuts the groups of <paramref name="store"/>.</summary>
    public WholeSegments(ParameterStore store, LazyUpdates? lazy)
    {
        Counters = store.Groups.Count;
        _ofGroup = [.. store.Groups.Select(group => Cut(group, lazy))];
    }

    /// <summary>Step counters in use: one a group, then one for each further segment of a group.</summary>
    public int Counters { get; private set; }

    /// <summary>The segments of <paramref name="group"/>.</summary>
    public ReadOnlySpan<ParameterSegment> Of(ParameterGroup group) => _ofGroup[group.Index];

    private ParameterSegment[] Cut(ParameterGroup group, LazyUpdates? lazy)
    {
        var segments = new List<ParameterSegment>();
        var (first, length, _) = group.Segment;
        var end = first + length;
        foreach (var table in group.Parameters.Where(parameter => lazy?.Includes(parameter) == true))
        {
            AddUpTo(table.Offset);
            first = ParameterStore.Aligned(table.Offset + table.Count);
        }

        AddUpTo(end);
        return [.. segments];

        void AddUpTo(long to)
        {
            if (first < to)
            {
                segments.Add(new(first, (int)(to - first), segments.Count == 0 ? group.Index : Counters++));
            }
        }
    }
}
