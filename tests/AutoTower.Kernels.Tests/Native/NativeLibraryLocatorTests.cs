using AutoTower.Kernels.Native;

namespace AutoTower.Kernels.Tests.Native;

public class NativeLibraryLocatorTests
{
    private readonly List<string> _tried = [];

    [Fact]
    public void Missing_driver_message_names_everything_that_was_looked_for()
    {
        var exception = Assert.Throws<CudaLibraryNotFoundException>(() => Locator(found: null).Load(NativeLibraryDescription.Of(NativeLibraries.Driver)));

        Assert.Equal("The CUDA driver library was not found: looked for libcuda.so.1, libcuda.so on the system's search path and in "
            + "/usr/local/cuda/lib64; install NVIDIA's driver.", exception.Message);
    }

    [Fact]
    public void Missing_compiler_message_names_the_folders_of_the_environment()
    {
        NativeLibraryLocator locator = Locator(found: null, ("CUDA_PATH", "/opt/a"), ("CUDA_HOME", "/opt/b"));

        var exception = Assert.Throws<CudaLibraryNotFoundException>(() => locator.Load(NativeLibraryDescription.Of(NativeLibraries.Nvrtc)));

        Assert.Equal("The CUDA run-time compiler (NVRTC) library was not found: looked for libnvrtc.so.13, libnvrtc.so.12, libnvrtc.so on the "
            + "system's search path and in /opt/a/lib64, /opt/a/lib, /opt/b/lib64, /opt/b/lib, /usr/local/cuda/lib64; "
            + "install the CUDA 12 or 13 run-time libraries or set CUDA_PATH to their folder.", exception.Message);
    }

    [Fact]
    public void Newest_version_is_tried_first_and_by_name_before_any_folder()
    {
        Locator(found: "/opt/a/lib64/libcublas.so.12", ("CUDA_PATH", "/opt/a")).Load(NativeLibraryDescription.Of(NativeLibraries.Cublas));

        Assert.Equal(["libcublas.so.13", "libcublas.so.12", "libcublas.so", "/opt/a/lib64/libcublas.so.13", "/opt/a/lib64/libcublas.so.12"], _tried);
    }

    [Fact]
    public void Windows_names_are_tried_on_windows()
    {
        var locator = new NativeLibraryLocator(isWindows: true, _ => null, Record("nvrtc64_120_0.dll"));

        Assert.Equal(7, locator.Load(NativeLibraryDescription.Of(NativeLibraries.Nvrtc)));
        Assert.Equal(["nvrtc64_130_0.dll", "nvrtc64_120_0.dll"], _tried);
    }

    [Fact]
    public void Every_library_has_a_description()
    {
        foreach (string library in (string[])[NativeLibraries.Driver, NativeLibraries.Nvrtc, NativeLibraries.Cublas, NativeLibraries.CublasLt])
        {
            Assert.NotEmpty(NativeLibraryDescription.Of(library).LinuxNames);
            Assert.NotEmpty(NativeLibraryDescription.Of(library).WindowsNames);
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => NativeLibraryDescription.Of("other"));
    }

    private NativeLibraryLocator Locator(string? found, params (string Name, string Value)[] environment) =>
        new(isWindows: false, name => environment.FirstOrDefault(variable => variable.Name == name).Value, Record(found));

    private NativeLibraryLocator.Loader Record(string? found) => (string name, out nint handle) =>
    {
        _tried.Add(name);
        handle = name == found ? 7 : 0;
        return name == found;
    };
}
