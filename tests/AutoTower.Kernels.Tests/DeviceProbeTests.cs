namespace AutoTower.Kernels.Tests;

public class DeviceProbeTests
{
    private static readonly DeviceProbe.Facts Usable = new(13000, 2, 1, "NVIDIA H200", new ComputeCapability(9, 0));

    [Fact]
    public void A_new_enough_device_is_usable()
    {
        Assert.Null(DeviceProbe.Judge(Usable));
        Assert.Null(DeviceProbe.Judge(Usable with { DriverVersion = 12000, Capability = new ComputeCapability(7, 0) }));
    }

    [Fact]
    public void An_old_driver_is_named_with_both_versions() => Assert.Equal(
        "The NVIDIA driver is too old: it supports CUDA 11.8, CUDA 12.0 or newer is needed.",
        DeviceProbe.Judge(Usable with { DriverVersion = 11080 }));

    [Fact]
    public void No_device_is_said() => Assert.Equal(
        "The NVIDIA driver is installed but reports no CUDA device.", DeviceProbe.Judge(Usable with { DeviceCount = 0 }));

    [Theory]
    [InlineData(2)]
    [InlineData(-1)]
    public void A_number_out_of_range_is_said(int ordinal) => Assert.Equal(
        $"There is no CUDA device {ordinal}: the driver reports 2, numbered from 0.", DeviceProbe.Judge(Usable with { Ordinal = ordinal }));

    [Fact]
    public void An_old_device_is_named_with_both_capabilities() => Assert.Equal(
        "Tesla P100 has compute capability 6.1, 7.0 or newer is needed.",
        DeviceProbe.Judge(Usable with { DeviceName = "Tesla P100", Capability = new ComputeCapability(6, 1) }));

    [Fact]
    public void The_probe_answers_on_every_machine()
    {
        bool usable = CudaContext.TryProbe(out string reason);

        Assert.Equal(usable, reason.Length == 0);
        if (!usable)
        {
            Assert.Equal(reason, Assert.Throws<CudaDeviceUnavailableException>(() => new CudaContext()).Message);
        }
    }
}
