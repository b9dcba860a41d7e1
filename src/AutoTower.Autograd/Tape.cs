using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Memory;

namespace AutoTower.Autograd;

/// <summary>What a forward pass is for.</summary>
public enum ForwardMode
{
    /// <summary>Batch statistics, dropout, and a record for the backward pass.</summary>
    Training,

    /// <summary>Batch statistics that update the running ones; no dropout, no backward pass.</summary>
    Recalibration,

    /// <summary>Running statistics; no dropout, no backward pass.</summary>
    Inference,
}

/// <summary>
/// Reverse-mode differentiation: operations run at once and record how their gradients flow back. Gradients accumulate (+=) everywhere,
/// since a block's output feeds every later block.
/// </summary>
public sealed class Tape
{
    private readonly List<Action> _backward = [];

    /// <summary>Creates a tape over the memory of a step.</summary>
    /// <param name="arena">Where activations are taken from.</param>
    /// <param name="mode">What the forward pass is for.</param>
    public Tape(Arena arena, ForwardMode mode)
    {
        ArgumentNullException.ThrowIfNull(arena);
        Arena = arena;
        Mode = mode;
    }

    /// <summary>The device that operations run on.</summary>
    public Device Device => Arena.Device;

    /// <summary>Where activations are taken from.</summary>
    public Arena Arena { get; }

    /// <summary>What the forward pass is for.</summary>
    public ForwardMode Mode { get; }

    /// <summary>True when a backward pass may follow.</summary>
    public bool Records => Mode == ForwardMode.Training;

    /// <summary>Weight of a batch in the running statistics of batch norm (SPEC.md: 0.1).</summary>
    public float BatchNormMomentum { get; init; } = 0.1f;

    /// <summary>Key of the dropout masks.</summary>
    public ulong DropoutSeed { get; init; }

    /// <summary>One int on the device: the training step, which makes dropout masks differ from step to step.</summary>
    public IntegerArray Clock { get; init; }

    /// <summary>Takes an activation of (<paramref name="rows"/>, <paramref name="columns"/>), with a gradient when training.</summary>
    public Tensor NewTensor(int rows, int columns) => Arena.NewTensor(rows, columns, Records);

    /// <summary>Records how an operation's gradients flow back; ignored when no backward pass will follow.</summary>
    public void Record(Action backward)
    {
        if (Records)
        {
            _backward.Add(backward);
        }
    }

    /// <summary>Runs what was recorded, last first. The loss operations start from a gradient of 1.</summary>
    /// <exception cref="InvalidOperationException">The tape was not made for training.</exception>
    public void Backward()
    {
        if (!Records)
        {
            throw new InvalidOperationException($"A tape in mode {Mode} records nothing to run backward.");
        }

        Arena.ZeroGradients();
        for (var i = _backward.Count - 1; i >= 0; i--)
        {
            _backward[i]();
        }

        _backward.Clear();
    }
}
