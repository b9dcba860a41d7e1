using AutoTower.Autograd.Devices;

namespace AutoTower.Autograd.Tests.Parity;

/// <summary>
/// The same matrix on both devices. Rows may lie apart; the gaps between them hold a sentinel that no kernel may touch.
/// </summary>
public sealed class ParityMatrix : IDisposable
{
    private const float Untouched = 12345.678f;

    private readonly Device _reference;
    private readonly Device _tested;
    private readonly Matrix _onReference;
    private readonly Matrix _onTested;

    internal ParityMatrix(Device reference, Device tested, int rows, int columns, int gap, Func<float> value)
    {
        (_reference, _tested) = (reference, tested);
        (Rows, Columns, Stride) = (rows, columns, columns + gap);
        var contents = new float[rows * Stride];
        for (var i = 0; i < contents.Length; i++)
        {
            contents[i] = i % Stride < columns ? value() : Untouched;
        }

        _onReference = Place(reference, contents);
        _onTested = Place(tested, contents);
    }

    public int Rows { get; }

    public int Columns { get; }

    public int Stride { get; }

    public Matrix On(Device device) => ReferenceEquals(device, _reference) ? _onReference : _onTested;

    /// <summary>The elements in row order, after a look at the gaps.</summary>
    public float[] Values(Device device)
    {
        var contents = new float[Rows * Stride];
        device.Download(On(device).Address, contents.AsSpan());
        Assert.DoesNotContain(contents.Where((_, i) => i % Stride >= Columns), gap => gap != Untouched);
        return [.. contents.Where((_, i) => i % Stride < Columns)];
    }

    /// <summary>Overwrites the elements on both devices.</summary>
    public ParityMatrix With(params float[] values)
    {
        Assert.Equal(Rows * Columns, values.Length);
        foreach (var device in new[] { _reference, _tested })
        {
            for (var row = 0; row < Rows; row++)
            {
                device.Upload<float>(values.AsSpan(row * Columns, Columns), On(device).SliceRows(row, 1).Address);
            }
        }

        return this;
    }

    public void Dispose()
    {
        _reference.Free(_onReference.Address);
        _tested.Free(_onTested.Address);
    }

    private Matrix Place(Device device, float[] contents)
    {
        var address = device.Allocate(Math.Max(1, contents.Length) * sizeof(float), "test");
        device.Upload<float>(contents, address);
        return new Matrix(address, Rows, Columns, Stride);
    }
}
