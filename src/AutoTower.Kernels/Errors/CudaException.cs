using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using AutoTower.Kernels.Native;

namespace AutoTower.Kernels;

/// <summary>A call of the CUDA driver failed. The message names the call, the driver's code and text and, for a launch, its shape.</summary>
public sealed class CudaException : CudaEngineException
{
    internal CudaException(string call, string codeName, string text, string? detail = null)
        : base($"{call} failed{(detail is null ? "" : $" ({detail})")}: {codeName}, {text}.")
    {
        Call = call;
        CodeName = codeName;
    }

    /// <summary>The failed call as the source writes it, white space collapsed.</summary>
    public string Call { get; }

    /// <summary>The driver's name for the error, such as CUDA_ERROR_INVALID_VALUE.</summary>
    public string CodeName { get; }

    internal static void ThrowIfFailed(CUresult status, [CallerArgumentExpression(nameof(status))] string call = "")
    {
        if (status != CUresult.CUDA_SUCCESS)
        {
            Throw(status, call, null);
        }
    }

    [DoesNotReturn]
    internal static void Throw(CUresult status, string call, string? detail)
    {
        (string name, string text) = DriverText.Of(status);
        throw new CudaException(CallText.Tidy(call), name, text, detail);
    }
}
