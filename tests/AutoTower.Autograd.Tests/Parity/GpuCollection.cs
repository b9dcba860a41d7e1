using AutoTower.Autograd.Devices.Cuda;

namespace AutoTower.Autograd.Tests.Parity;

/// <summary>GPU tests run one at a time and share their devices: opening one loads every kernel.</summary>
[CollectionDefinition("gpu")]
public sealed class GpuCollection : ICollectionFixture<GpuDevices>;

/// <summary>The devices of the GPU tests, opened when first asked for.</summary>
public sealed class GpuDevices : IDisposable
{
    private readonly Dictionary<CudaDeviceOptions, CudaDevice> _devices = [];

    public CudaDevice Open(CudaDeviceOptions options)
    {
        if (!_devices.TryGetValue(options, out var device))
        {
            device = new CudaDevice(options);
            _devices.Add(options, device);
        }

        return device;
    }

    public void Dispose()
    {
        foreach (var device in _devices.Values)
        {
            device.Dispose();
        }
    }
}
