using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AutoTower.Kernels.Native;

namespace AutoTower.Kernels;

/// <summary>A call of cuBLAS or cublasLt failed. The message names the call, the library's code and text and, for a product, its shape.</summary>
public sealed class CublasException : CudaEngineException
{
    internal CublasException(string call, string codeName, string text, string? detail = null)
        : base($"{call} failed{(detail is null ? "" : $" ({detail})")}: {codeName}, {text}.")
    {
        Call = call;
        CodeName = codeName;
    }

    /// <summary>The failed call as the source writes it, white space collapsed.</summary>
    public string Call { get; }

    /// <summary>The library's name for the error, such as CUBLAS_STATUS_INVALID_VALUE.</summary>
    public string CodeName { get; }

    internal static void ThrowIfFailed(cublasStatus_t status, [CallerArgumentExpression(nameof(status))] string call = "")
    {
        if (status != cublasStatus_t.CUBLAS_STATUS_SUCCESS)
        {
            throw Create(status, call, null);
        }
    }

    internal static unsafe CublasException Create(cublasStatus_t status, string call, string? detail)
    {
        string name = Marshal.PtrToStringUTF8((nint)LibCublas.cublasGetStatusName(status)) ?? $"unknown code {(int)status}";
        string text = Marshal.PtrToStringUTF8((nint)LibCublas.cublasGetStatusString(status)) ?? "no text";
        return new CublasException(CallText.Tidy(call), name, text, detail);
    }
}
