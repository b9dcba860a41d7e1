using AutoTower.Kernels.Handles;
using AutoTower.Kernels.Native;

namespace AutoTower.Kernels.Blas;

/// <summary>cublasLt: products with an epilogue. One object serves every <see cref="MatmulPlan"/> of a context.</summary>
public sealed class CudaBlasLt : IDisposable
{
    private readonly DeviceHandle _handle;

    /// <summary>Creates a handle.</summary>
    /// <param name="context">Context that the products run in.</param>
    /// <exception cref="CudaLibraryNotFoundException">cublasLt or cuBLAS, which names its errors, is not installed.</exception>
    public CudaBlasLt(CudaContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        NativeLibraries.Require(NativeLibraries.Cublas);
        NativeLibraries.Require(NativeLibraries.CublasLt);
        Context = context;
        context.MakeCurrent();
        CublasException.ThrowIfFailed(LibCublasLt.cublasLtCreate(out nint handle));
        _handle = new DeviceHandle(handle, context, static handle => LibCublasLt.cublasLtDestroy(handle));
    }

    /// <summary>Context that the products run in.</summary>
    public CudaContext Context { get; }

    /// <summary>Destroys the handle.</summary>
    public void Dispose() => _handle.Dispose();

    internal nint Enter()
    {
        Context.MakeCurrent();
        return _handle.Value;
    }
}
