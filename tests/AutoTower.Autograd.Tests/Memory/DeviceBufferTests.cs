using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cpu;

namespace AutoTower.Autograd.Tests.Memory;

public class DeviceBufferTests
{
    [Fact]
    public void A_buffer_starts_at_zero_holds_what_is_uploaded_and_is_freed_once()
    {
        using var device = new CpuDevice(1);
        var buffer = new DeviceBuffer<int>(device, 3, "test");
        Assert.Equal([0, 0, 0], buffer.DownloadToHost());
        Assert.Equal(12, device.LiveBytes);
        buffer.Upload([4, 5]);
        Assert.Equal([4, 5, 0], buffer.DownloadToHost());
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Upload([1, 2, 3, 4]));
        buffer.Dispose();
        buffer.Dispose();
        using var smaller = new DeviceBuffer<int>(device, 2, "test");
        Assert.Equal((8, 12), (device.LiveBytes, device.PeakBytes));
    }

    [Fact]
    public void Too_much_memory_is_refused_with_who_asked_for_it()
    {
        using var device = new CpuDevice(1);
        using var held = new DeviceBuffer<float>(device, 250, "test");
        var failure = Assert.Throws<DeviceMemoryException>(() => device.Allocate(1L << 60, "the impossible"));
        Assert.Equal(
            "Out of host memory: the impossible asked for 1,152,921,504,606,846,976 bytes while 1,000 bytes are held.", failure.Message);
    }

    [Fact]
    public void Views_stay_inside_their_matrix()
    {
        var matrix = new Matrix(4096, 5, 7, 9);
        Assert.Equal(new Matrix(4096 + (3 * 4), 5, 4, 9), matrix.SliceColumns(3, 4));
        Assert.Equal(new Matrix(4096 + (2 * 9 * 4), 3, 7, 9), matrix.SliceRows(2, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.SliceColumns(4, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.SliceRows(-1, 1));
        var failure = Assert.Throws<ArgumentException>(() => matrix.Reshape(7, 5));
        Assert.Equal("A 5 x 7 matrix of stride 9 can't be viewed as 7 x 5.", failure.Message);
        Assert.Equal(new Matrix(4096, 6, 10), new Matrix(4096, 12, 5).Reshape(6, 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IntegerArray(4096, 5).Slice(3, 3));
        var tensor = new Tensor(matrix, Matrix.None);
        Assert.True(tensor.SliceColumns(1, 2).Gradient.IsAbsent);
        Assert.True(tensor.SliceRows(1, 2).Gradient.IsAbsent);
    }
}
