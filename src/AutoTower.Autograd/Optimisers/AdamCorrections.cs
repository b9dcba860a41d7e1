using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Optimisers;

/// <summary>
/// Adam's bias corrections by update on a device, computed once so that an update and its later replay take the same bits. The table ends
/// where both corrections no longer change in float32: after about 17,000 updates for the usual rates.
/// </summary>
public sealed class AdamCorrections : IDisposable
{
    private readonly DeviceBuffer<float> _table;

    /// <summary>Computes the table.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A rate of decay is not in [0, 1).</exception>
    public AdamCorrections(Device device, AdamSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        RequireRate(settings.Beta1);
        RequireRate(settings.Beta2);
        var table = new List<float>();
        do
        {
            var step = (table.Count / 2) + 1;
            table.Add((float)(settings.LearningRate / (1 - Math.Pow(settings.Beta1, step))));
            table.Add((float)Math.Sqrt(1 - Math.Pow(settings.Beta2, step)));
        }
        while (table[^2] != settings.LearningRate || table[^1] != 1);
        _table = new DeviceBuffer<float>(device, [.. table], "Adam corrections");
    }

    /// <summary>(T, 2), as <see cref="AdamRule.Corrections"/>.</summary>
    public Matrix Table => new(_table.Address, (int)_table.Length / 2, 2);

    /// <inheritdoc/>
    public void Dispose() => _table.Dispose();

    private static void RequireRate(float beta)
    {
        if (!(beta >= 0 && beta < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(beta), beta, "Adam's rates of decay are in [0, 1).");
        }
    }
}
