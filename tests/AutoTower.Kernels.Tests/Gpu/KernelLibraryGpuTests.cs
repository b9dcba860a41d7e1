using AutoTower.Kernels.Compilation;
using AutoTower.Kernels.Launch;
using AutoTower.Kernels.Memory;
using AutoTower.Kernels.Tests.Compilation;
using AutoTower.Tests.Files;

namespace AutoTower.Kernels.Tests.Gpu;

public class KernelLibraryGpuTests : GpuTest
{
    private const string Source = """
        #include "common/value.cuh"
        extern "C" __global__ void set(int* output) { *output = VALUE + OFFSET; }
        """;

    [Fact]
    public void A_folders_kernels_are_built_once_and_then_come_from_the_cache()
    {
        using var sources = new TemporaryFolder();
        using var cache = new TemporaryFolder();
        sources.Write("set.cu", Source);
        sources.Write("common/value.cuh", "#define VALUE 40");
        var options = new KernelLibraryOptions { KernelsDirectory = sources.Path, CacheDirectory = cache.Path, Definitions = ["OFFSET=2"] };

        Assert.Equal(42, Run(options));
        string entry = Assert.Single(Directory.GetFiles(cache.Path));
        DateTime written = File.GetLastWriteTimeUtc(entry);
        Assert.Equal(42, Run(options));
        Assert.Equal(written, File.GetLastWriteTimeUtc(Assert.Single(Directory.GetFiles(cache.Path))));

        File.WriteAllText(entry, "damaged");
        Assert.Equal(42, Run(options));
        sources.Write("common/value.cuh", "#define VALUE 50");
        Assert.Equal(52, Run(options));
        Assert.Equal(2, Directory.GetFiles(cache.Path).Length);
    }

    [Fact]
    public void A_cache_folder_that_cannot_be_written_warns_and_the_kernel_runs()
    {
        using var sources = new TemporaryFolder();
        sources.Write("set.cu", Source);
        sources.Write("common/value.cuh", "#define VALUE 1");
        var warnings = new List<string>();

        int value = Run(new KernelLibraryOptions
        {
            KernelsDirectory = sources.Path,
            CacheDirectory = sources["set.cu", "cache"],
            Definitions = ["OFFSET=2"],
            Warning = warnings.Add,
        });

        Assert.Equal(3, value);
        Assert.Single(warnings);
    }

    [Fact]
    public void Every_embedded_source_compiles_and_loads()
    {
        using var library = new KernelLibrary(Context, new KernelLibraryOptions { UseCache = false });

        foreach (string name in library.SourceNames)
        {
            Assert.Equal(name, library.GetModule(name).Name);
        }
    }

    private int Run(KernelLibraryOptions options)
    {
        using var library = new KernelLibrary(Context, options);
        using CudaDeviceVariable<int> output = Pool.Allocate<int>(1, "output");
        library.GetKernel("set.cu", "set").Launch(Stream, 1, 1, 0, new KernelArguments().Add(output));
        return Read(output)[0];
    }
}
