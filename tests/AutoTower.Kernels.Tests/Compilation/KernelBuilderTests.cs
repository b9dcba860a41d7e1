using System.Text;
using AutoTower.Kernels.Compilation;
using AutoTower.Tests.Files;

namespace AutoTower.Kernels.Tests.Compilation;

public sealed class KernelBuilderTests : IDisposable
{
    private readonly TemporaryFolder _sources = new();
    private readonly TemporaryFolder _cache = new();
    private readonly FakeCompiler _compiler = new();

    public KernelBuilderTests()
    {
        _sources.Write("embedding.cu", "gather");
        _sources.Write("pooling.cu", "pool");
        _sources.Write("common/reduce.cuh", "reduce");
    }

    public void Dispose()
    {
        _sources.Dispose();
        _cache.Dispose();
    }

    [Fact]
    public void The_second_build_comes_from_the_cache()
    {
        Assert.Equal("gather", Build("embedding.cu"));
        Assert.Equal("gather", Build("embedding.cu"));
        Assert.Equal("pool", Build("pooling.cu"));

        Assert.Equal(2, _compiler.Compilations);
    }

    [Fact]
    public void A_damaged_entry_is_rebuilt()
    {
        Build("embedding.cu");
        string entry = Assert.Single(Directory.GetFiles(_cache.Path));
        File.AppendAllText(entry, "damage");

        Assert.Equal("gather", Build("embedding.cu"));
        Assert.Equal("gather", Build("embedding.cu"));

        Assert.Equal(2, _compiler.Compilations);
    }

    [Fact]
    public void An_edited_source_or_header_is_rebuilt()
    {
        Build("embedding.cu");
        _sources.Write("common/reduce.cuh", "reduce better");
        Build("embedding.cu");
        _sources.Write("embedding.cu", "gather better");

        Assert.Equal("gather better", Build("embedding.cu"));
        Assert.Equal(3, _compiler.Compilations);
    }

    [Fact]
    public void Without_a_cache_every_build_compiles()
    {
        var builder = new KernelBuilder(new DirectoryKernelSources(_sources.Path), _compiler, new CompilationOptions("sm_90"), cache: null);

        builder.Build("embedding.cu");
        builder.Build("embedding.cu");

        Assert.Equal(2, _compiler.Compilations);
        Assert.Empty(Directory.GetFiles(_cache.Path));
    }

    [Fact]
    public void Headers_are_found_under_the_name_by_which_they_are_included()
    {
        KernelSource source = new DirectoryKernelSources(_sources.Path).Read("embedding.cu");

        Assert.Equal(("embedding.cu", "gather"), (source.Name, source.Text));
        Assert.Equal([("common/reduce.cuh", "reduce")], source.Headers.Select(header => (header.Key, header.Value)));
    }

    [Fact]
    public void An_unknown_source_is_named_with_those_that_there_are()
    {
        var exception = Assert.Throws<FileNotFoundException>(() => Build("other.cu"));

        Assert.Equal($"There is no kernel source other.cu in {_sources.Path}; there are embedding.cu, pooling.cu.", exception.Message);
    }

    [Fact]
    public void A_missing_or_empty_folder_is_named()
    {
        string missing = _sources["missing"];
        string empty = _sources["common"];

        Assert.Equal($"The kernels folder {missing} does not exist.",
            Assert.Throws<DirectoryNotFoundException>(() => new DirectoryKernelSources(missing)).Message);
        Assert.Equal($"The kernels folder {empty} holds no .cu file.",
            Assert.Throws<DirectoryNotFoundException>(() => new DirectoryKernelSources(empty)).Message);
    }

    [Fact]
    public void Embedded_sources_are_those_of_the_repository()
    {
        var embedded = new EmbeddedKernelSources();

        foreach (string name in embedded.Names)
        {
            Assert.EndsWith(".cu", name, StringComparison.Ordinal);
            Assert.Contains("__global__", embedded.Read(name).Text, StringComparison.Ordinal);
        }
        Assert.StartsWith("There is no embedded kernel source other.cu", Assert.Throws<FileNotFoundException>(() => embedded.Read("other.cu")).Message,
            StringComparison.Ordinal);
    }

    private string Build(string file) => Encoding.UTF8.GetString(new KernelBuilder(new DirectoryKernelSources(_sources.Path), _compiler,
        new CompilationOptions("sm_90"), new KernelCache(_cache.Path, null)).Build(file).Span);
}
