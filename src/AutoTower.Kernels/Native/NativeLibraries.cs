using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.InteropServices;

namespace AutoTower.Kernels.Native;

/// <summary>
/// Loads NVIDIA's libraries for the declarations beside it. Entry points load what they need by name first, so that a missing library
/// ends in <see cref="CudaLibraryNotFoundException"/> and not in the loader's own message.
/// </summary>
internal static class NativeLibraries
{
    internal const string Driver = "cuda";
    internal const string Nvrtc = "nvrtc";
    internal const string Cublas = "cublas";
    internal const string CublasLt = "cublasLt";

    private static readonly ConcurrentDictionary<string, nint> Loaded = new();

    // The resolver may be set once an assembly; Lazy makes the first of several threads do it.
    private static readonly Lazy<bool> Registered = new(() =>
    {
        NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, Resolve);
        return true;
    });

    /// <summary>Loads a library if it is not loaded yet.</summary>
    /// <exception cref="CudaLibraryNotFoundException">None of its names could be loaded.</exception>
    internal static void Require(string library)
    {
        _ = Registered.Value;
        Loaded.GetOrAdd(library, static name => NativeLibraryLocator.ForThisSystem().Load(NativeLibraryDescription.Of(name)));
    }

    private static nint Resolve(string library, Assembly assembly, DllImportSearchPath? searchPath) =>
        library is Driver or Nvrtc or Cublas or CublasLt
            ? Loaded.GetOrAdd(library, static name => NativeLibraryLocator.ForThisSystem().Load(NativeLibraryDescription.Of(name)))
            : nint.Zero;
}
