using System.Runtime.InteropServices;

namespace AutoTower.Kernels.Native;

internal enum nvrtcResult
{
    NVRTC_SUCCESS = 0,
}

/// <summary>NVRTC, the run-time compiler; the functions used here are the same in versions 12 and 13.</summary>
internal static unsafe partial class LibNvrtc
{
    private const string Library = NativeLibraries.Nvrtc;

    [LibraryImport(Library)] internal static partial nvrtcResult nvrtcVersion(out int major, out int minor);
    [LibraryImport(Library)] internal static partial byte* nvrtcGetErrorString(nvrtcResult result);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nvrtcResult nvrtcCreateProgram(out nint program, string source, string name, int headerCount, byte** headers,
        byte** includeNames);
    [LibraryImport(Library)] internal static partial nvrtcResult nvrtcDestroyProgram(ref nint program);
    [LibraryImport(Library)] internal static partial nvrtcResult nvrtcCompileProgram(nint program, int optionCount, byte** options);
    [LibraryImport(Library)] internal static partial nvrtcResult nvrtcGetCUBINSize(nint program, out nuint size);
    [LibraryImport(Library)] internal static partial nvrtcResult nvrtcGetCUBIN(nint program, byte* cubin);
    [LibraryImport(Library)] internal static partial nvrtcResult nvrtcGetProgramLogSize(nint program, out nuint size);
    [LibraryImport(Library)] internal static partial nvrtcResult nvrtcGetProgramLog(nint program, byte* log);
}
