using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AutoTower.Kernels.Compilation;
using AutoTower.Kernels.Native;

namespace AutoTower.Kernels;

/// <summary>
/// A kernel source did not compile, or a call of the run-time compiler failed. For a compile error the message gives the file, the first
/// error with its line, and the compiler's whole log.
/// </summary>
public sealed class NvrtcException : CudaEngineException
{
    internal NvrtcException(string message, string log = "")
        : base(message)
    {
        Log = log;
        Diagnostics = CompilerDiagnostic.Parse(log);
    }

    /// <summary>The compiler's log as it wrote it; empty when the failure was not a compile error.</summary>
    public string Log { get; }

    /// <summary>The log's errors and warnings with file and line.</summary>
    public IReadOnlyList<CompilerDiagnostic> Diagnostics { get; }

    internal static NvrtcException ForLog(string sourceName, string architecture, string log)
    {
        var errors = CompilerDiagnostic.Parse(log).Where(diagnostic => diagnostic.IsError).ToList();
        // Without a located error the log is about the options, such as an architecture that this NVRTC no longer knows.
        string summary = errors.Count == 0
            ? ""
            : $": {errors.Count} {(errors.Count == 1 ? "error" : "errors")}, first at {errors[0].File}({errors[0].Line}): {errors[0].Message}";
        return new NvrtcException($"{sourceName} does not compile for {architecture}{summary}.\n{log.TrimEnd()}", log);
    }

    internal static void ThrowIfFailed(nvrtcResult result, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result != nvrtcResult.NVRTC_SUCCESS)
        {
            throw Create(result, call);
        }
    }

    private static unsafe NvrtcException Create(nvrtcResult result, string call)
    {
        string text = Marshal.PtrToStringUTF8((nint)LibNvrtc.nvrtcGetErrorString(result)) ?? $"unknown code {(int)result}";
        return new NvrtcException($"{CallText.Tidy(call)} failed: {text}.");
    }
}
