using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cuda;
using AutoTower.Kernels;

namespace AutoTower.Autograd.Tests.Parity;

public class CudaDeviceTests(GpuDevices devices) : DeviceParityTest(devices)
{
    [Fact]
    public void Memory_is_counted_copied_and_zeroed()
    {
        Assert.Equal("cuda", Cuda.Kind);
        Assert.NotEmpty(Cuda.Name);
        float[] values = [1, -2, 3.5f, float.NaN, 5];
        using var first = new DeviceBuffer<float>(Cuda, values, "first");
        using (var second = new DeviceBuffer<float>(Cuda, 5, "second"))
        {
            Assert.Equal(new float[5], second.DownloadToHost());
            Assert.Equal(first.Bytes + second.Bytes, Cuda.LiveBytes);
            Cuda.Copy(first.Address, second.Address, 3 * sizeof(float));
            Assert.Equal([1, -2, 3.5f, 0, 0], second.DownloadToHost());
            Cuda.Zero(second.Address, sizeof(float));
            Cuda.Synchronize();
            Assert.Equal([0, -2, 3.5f, 0, 0], second.DownloadToHost());
        }

        Assert.Equal(first.Bytes, Cuda.LiveBytes);
        Assert.Equal(values, first.DownloadToHost());
    }

    [Fact]
    public void Too_little_memory_names_who_asked_and_what_is_held()
    {
        using var held = new DeviceBuffer<float>(Cuda, 1000, "item embeddings");
        var failure = Assert.Throws<DeviceMemoryException>(() => Cuda.Allocate(Cuda.Engine.Context.TotalMemory + (1L << 30), "user embeddings"));
        Assert.StartsWith("Out of device memory: user embeddings asked for ", failure.Message, StringComparison.Ordinal);
        Assert.Contains("cuBLAS workspace 32.0 MiB", failure.Message, StringComparison.Ordinal);
        Assert.Equal(held.Bytes, Cuda.LiveBytes);
    }

    [Fact]
    public void A_second_device_of_other_precision_lives_beside_the_first()
    {
        using var other = new CudaDevice(new CudaDeviceOptions { Precision = Precision.Tf32, Deterministic = true });
        using var buffer = new DeviceBuffer<int>(other, [1, 2, 3], "integers");
        Assert.Equal([1, 2, 3], buffer.DownloadToHost());
        Assert.Equal(0, Cuda.LiveBytes);
    }

    [Fact]
    public void A_missing_gpu_is_named()
    {
        var failure = Assert.Throws<CudaDeviceUnavailableException>(() => new CudaDevice(new CudaDeviceOptions { Ordinal = 99 }));
        Assert.StartsWith("There is no CUDA device 99: ", failure.Message, StringComparison.Ordinal);
    }
}
