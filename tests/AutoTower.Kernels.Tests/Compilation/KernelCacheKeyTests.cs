using AutoTower.Kernels.Compilation;

namespace AutoTower.Kernels.Tests.Compilation;

public class KernelCacheKeyTests
{
    private static readonly CompilationOptions Options = new("sm_90");
    private static readonly KernelSource Source = Make("text", ("common/a.cuh", "x"), ("common/b.cuh", "y"));

    [Fact]
    public void Everything_that_decides_the_binary_changes_the_key()
    {
        string[] keys =
        [
            Key(Source, Options, "NVRTC 13.0"),
            Key(Source, Options, "NVRTC 13.1"),
            Key(Source, new CompilationOptions("sm_80"), "NVRTC 13.0"),
            Key(Source, Options with { LineInformation = false }, "NVRTC 13.0"),
            Key(Source, Options with { Definitions = ["A=1"] }, "NVRTC 13.0"),
            Key(Source with { Name = "other.cu" }, Options, "NVRTC 13.0"),
            Key(Source with { Text = "text " }, Options, "NVRTC 13.0"),
            Key(Make("text", ("common/a.cuh", "x"), ("common/b.cuh", "z")), Options, "NVRTC 13.0"),
            Key(Make("text", ("common/a.cuh", "x"), ("common/c.cuh", "y")), Options, "NVRTC 13.0"),
            Key(Make("text", ("common/a.cuh", "x")), Options, "NVRTC 13.0"),
            Key(Make("text", ("common/a.cuhx", ""), ("common/b.cuh", "y")), Options, "NVRTC 13.0"),
        ];

        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.All(keys, key => Assert.Matches("^[0-9a-f]{64}$", key));
    }

    [Fact]
    public void The_order_in_which_headers_were_found_does_not() => Assert.Equal(
        Key(Source, Options, "v"), Key(Make("text", ("common/b.cuh", "y"), ("common/a.cuh", "x")), Options, "v"));

    private static string Key(KernelSource source, CompilationOptions options, string version) => KernelCacheKey.Of(source, options, version);

    private static KernelSource Make(string text, params (string Name, string Text)[] headers) =>
        new("embedding.cu", text, headers.ToDictionary(header => header.Name, header => header.Text));
}
