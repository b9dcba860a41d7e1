using AutoTower.Kernels.Compilation;

namespace AutoTower.Kernels.Tests.Compilation;

public class CompilationOptionsTests
{
    [Fact]
    public void Defaults_are_exactly_these() => Assert.Equal(
        ["--gpu-architecture=sm_90", "--device-as-default-execution-space", "--std=c++17", "--generate-line-info"], new CompilationOptions("sm_90").ToArguments());

    [Fact]
    public void Definitions_come_last_in_order() => Assert.Equal(
        ["--gpu-architecture=sm_75", "--device-as-default-execution-space", "--std=c++17", "--define-macro=DIMENSION=64", "--define-macro=DETERMINISTIC"],
        new CompilationOptions("sm_75") { LineInformation = false, Definitions = ["DIMENSION=64", "DETERMINISTIC"] }.ToArguments());

    [Fact]
    public void The_architecture_is_the_capability() => Assert.Equal("sm_90", new ComputeCapability(9, 0).Architecture);
}
