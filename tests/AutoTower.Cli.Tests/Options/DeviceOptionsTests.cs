using System.CommandLine;
using AutoTower.Cli.Options;
using AutoTower.Kernels;

namespace AutoTower.Cli.Tests.Options;

public class DeviceOptionsTests
{
    [Fact]
    public void The_cpu_is_taken_and_named_on_the_error_output() =>
        Assert.Equal($"autotower: running on cpu (2 threads).{Environment.NewLine}", Create("--device", "cpu", "--threads", "2"));

    [Fact]
    public void Auto_takes_the_cpu_where_there_is_no_gpu()
    {
        Assert.SkipWhen(CudaContext.TryProbe(out _), "there is a GPU");
        Assert.Equal($"autotower: running on cpu (1 thread).{Environment.NewLine}", Create("--threads", "1"));
    }

    [Fact]
    public void Cuda_without_a_gpu_says_why_in_one_sentence()
    {
        Assert.SkipWhen(CudaContext.TryProbe(out var reason), "there is a GPU");
        var failure = Assert.ThrowsAny<CudaEngineException>(() => Create("--device", "cuda"));
        Assert.Equal(reason, failure.Message);
        Assert.Equal(reason, UserFailure.Describe(failure));
    }

    [Fact]
    [Trait("category", "gpu")]
    public void Auto_takes_a_usable_gpu_and_names_it()
    {
        Assert.SkipUnless(CudaContext.TryProbe(out var reason), reason);
        using var context = new CudaContext();
        Assert.EndsWith($"autotower: running on {context.Name}.{Environment.NewLine}", Create("--deterministic"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--device takes auto, cpu or cuda, not 'gpu'.", "--device", "gpu")]
    [InlineData("--precision takes fp32 or tf32, not 'bf16'.", "--precision", "bf16")]
    [InlineData("--precision tf32 needs a GPU; the CPU computes in fp32.", "--precision", "tf32", "--device", "cpu")]
    public void A_wrong_value_is_named_with_what_would_be_right(string expected, params string[] arguments) =>
        Assert.Equal(expected, UserFailure.Describe(Assert.Throws<ArgumentException>(() => Create(arguments))));

    [Fact]
    [Trait("category", "gpu")]
    public void A_kernels_folder_that_does_not_exist_is_named()
    {
        Assert.SkipUnless(CudaContext.TryProbe(out var reason), reason);
        var failure = Assert.Throws<DirectoryNotFoundException>(() => Create("--device", "cuda", "--kernels-dir", "no-such-folder"));
        Assert.Equal("The kernels folder no-such-folder does not exist.", UserFailure.Describe(failure));
    }

    /// <summary>Opens the device that the arguments ask for; returns what the error output says.</summary>
    private static string Create(params string[] arguments)
    {
        var options = new DeviceOptions();
        var command = new RootCommand();
        options.AddTo(command);
        command.SetAction(parsed => options.Create(parsed).Dispose());
        using var error = new StringWriter();
        command.Parse(arguments).Invoke(new InvocationConfiguration { Error = error, EnableDefaultExceptionHandler = false });
        return error.ToString();
    }
}
