using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cpu;

namespace AutoTower.Autograd.Tests.Devices;

/// <summary>A matrix on the CPU device with elements between the rows that no kernel may touch.</summary>
internal sealed unsafe class HostMatrix
{
    private const float Untouched = 12345.678f;

    public HostMatrix(CpuDevice device, int rows, int columns, int gap = 0)
    {
        var stride = columns + gap;
        View = new Matrix(device.Allocate(Math.Max(1, (long)rows * stride) * sizeof(float), "test"), rows, columns, stride);
        All.Fill(Untouched);
        for (var i = 0; i < rows; i++)
        {
            Row(i).Clear();
        }
    }

    public HostMatrix(CpuDevice device, int rows, int columns, int gap, System.Random random, float scale = 1)
        : this(device, rows, columns, gap)
    {
        for (var i = 0; i < rows; i++)
        {
            foreach (ref var value in Row(i))
            {
                value = scale * (float)(2 * random.NextDouble() - 1);
            }
        }
    }

    public Matrix View { get; }

    public int Rows => View.Rows;

    public int Columns => View.Columns;

    private Span<float> All => new((float*)View.Address, View.Rows * View.Stride);

    public ref float this[int row, int column] => ref Row(row)[column];

    public Span<float> Row(int row) => new((float*)View.Address + (nint)row * View.Stride, View.Columns);

    /// <summary>All elements in row order, after a look at the gaps.</summary>
    public float[] Values()
    {
        var values = new float[Rows * Columns];
        for (var i = 0; i < Rows; i++)
        {
            Row(i).CopyTo(values.AsSpan(i * Columns));
            foreach (var gap in All.Slice(i * View.Stride + Columns, View.Stride - Columns))
            {
                Assert.Equal(Untouched, gap);
            }
        }

        return values;
    }
}
