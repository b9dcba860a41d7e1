namespace AutoTower.Kernels.Compilation;

/// <summary>How a kernel source is compiled. Fast approximate mathematics is never on: results are compared with the CPU's.</summary>
/// <param name="Architecture">Exactly the device's architecture, such as sm_90.</param>
public sealed record CompilationOptions(string Architecture)
{
    /// <summary>Preprocessor definitions, NAME or NAME=VALUE, in order.</summary>
    public IReadOnlyList<string> Definitions { get; init; } = [];

    /// <summary>Whether the binary tells profilers and compute-sanitizer the source lines; costs no speed.</summary>
    public bool LineInformation { get; init; } = true;

    /// <summary>The compiler's options, exactly as it gets them.</summary>
    /// <returns>One string an option.</returns>
    public IReadOnlyList<string> ToArguments()
    {
        // Generic lambdas inside kernels count as host code without the second option.
        var arguments = new List<string> { $"--gpu-architecture={Architecture}", "--device-as-default-execution-space", "--std=c++17" };
        if (LineInformation)
        {
            arguments.Add("--generate-line-info");
        }
        arguments.AddRange(Definitions.Select(definition => $"--define-macro={definition}"));
        return arguments;
    }
}
