using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Operations;

/// <summary>Embedding gathers on the tape.</summary>
public static class EmbeddingOperation
{
    /// <summary>y[i] = concatenated embeddings of the fields of entity ids[i]; id 0 gives zeros. y (N, F*E).</summary>
    /// <exception cref="ArgumentException">The shapes do not fit, or there are too many fields.</exception>
    public static void Gather(this Tape tape, IntegerArray ids, FieldLookup[] fields, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(tape);
        Require(ids, fields, y);
        var kernels = tape.Device.Embedding;
        kernels.GatherForward(ids, fields, y.Value);
        tape.Record(() => kernels.GatherBackward(ids, fields, y.Gradient));
    }

    /// <summary>Several gathers at once, beside other operations in both directions.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="gathers">The gathers.</param>
    /// <param name="beside">Queues the forward pass where whoever reads its results waits for it.</param>
    /// <param name="meanwhile">Operations that neither read nor write what the gathers do, gradients of tables apart, to which both add.</param>
    /// <exception cref="ArgumentException">The shapes of one do not fit, or it has too many fields.</exception>
    public static void GatherBeside(this Tape tape, EntityGather[] gathers, Action<Action> beside, Action meanwhile)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(gathers);
        ArgumentNullException.ThrowIfNull(beside);
        ArgumentNullException.ThrowIfNull(meanwhile);
        foreach (var gather in gathers)
        {
            Require(gather.Ids, gather.Fields, gather.Output);
        }

        var kernels = tape.Device.Embedding;
        beside(() => kernels.GatherForward(gathers));
        meanwhile();
        tape.Record(() => kernels.GatherBackward(gathers));
    }

    private static void Require(IntegerArray ids, FieldLookup[] fields, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(fields);
        if (fields.Length is 0 or > IEmbeddingKernels.MaximumFields)
        {
            throw new ArgumentException($"An entity has 1 to {IEmbeddingKernels.MaximumFields} fields, not {fields.Length}.", nameof(fields));
        }

        if (y.Columns != fields.Sum(field => field.Table.Columns) || y.Rows != ids.Length)
        {
            throw new ArgumentException($"{ids.Length} ids of {fields.Length} fields can't fill ({y.Rows}, {y.Columns}).", nameof(y));
        }
    }
}
