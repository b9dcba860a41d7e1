using System.Runtime.InteropServices;
using System.Text;
using AutoTower.Kernels.Native;

namespace AutoTower.Kernels.Compilation;

/// <summary>NVRTC: compiles kernel sources in this process. Works without a device; may be used from several threads.</summary>
public sealed unsafe class CudaRuntimeCompiler : IKernelCompiler
{
    /// <summary>Loads the compiler.</summary>
    /// <exception cref="CudaLibraryNotFoundException">NVRTC is not installed; the message says what was looked for.</exception>
    public CudaRuntimeCompiler()
    {
        NativeLibraries.Require(NativeLibraries.Nvrtc);
        NvrtcException.ThrowIfFailed(LibNvrtc.nvrtcVersion(out int major, out int minor));
        Version = $"NVRTC {major}.{minor}";
    }

    /// <inheritdoc/>
    public string Version { get; }

    /// <summary>Compiles a source to a binary for exactly one architecture.</summary>
    /// <param name="source">The source with its headers. The C++ standard library is not there; what is included must be among the headers.</param>
    /// <param name="options">How.</param>
    /// <returns>The binary and the log.</returns>
    /// <exception cref="NvrtcException">It does not compile; the message holds the log with file and line.</exception>
    public CompiledKernels Compile(KernelSource source, CompilationOptions options)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        using var headerTexts = new Utf8Strings(source.Headers.Values);
        using var headerNames = new Utf8Strings(source.Headers.Keys);
        NvrtcException.ThrowIfFailed(LibNvrtc.nvrtcCreateProgram(out nint program, source.Text, source.Name, headerTexts.Count,
            headerTexts.Pointers, headerNames.Pointers));
        try
        {
            using var arguments = new Utf8Strings(options.ToArguments());
            nvrtcResult result = LibNvrtc.nvrtcCompileProgram(program, arguments.Count, arguments.Pointers);
            string log = ReadLog(program);
            if (result != nvrtcResult.NVRTC_SUCCESS && log.Length > 0)
            {
                throw NvrtcException.ForLog(source.Name, options.Architecture, log);
            }
            NvrtcException.ThrowIfFailed(result, $"nvrtcCompileProgram({source.Name}, {string.Join(' ', options.ToArguments())})");
            return new CompiledKernels(ReadImage(program), log);
        }
        finally
        {
            _ = LibNvrtc.nvrtcDestroyProgram(ref program);
        }
    }

    private static string ReadLog(nint program)
    {
        NvrtcException.ThrowIfFailed(LibNvrtc.nvrtcGetProgramLogSize(program, out nuint size));
        byte[] log = new byte[Math.Max(1, (int)size)];
        fixed (byte* bytes = log)
        {
            NvrtcException.ThrowIfFailed(LibNvrtc.nvrtcGetProgramLog(program, bytes));
        }
        return Encoding.UTF8.GetString(log).TrimEnd('\0');
    }

    private static byte[] ReadImage(nint program)
    {
        NvrtcException.ThrowIfFailed(LibNvrtc.nvrtcGetCUBINSize(program, out nuint size));
        byte[] image = new byte[(int)size];
        fixed (byte* bytes = image)
        {
            NvrtcException.ThrowIfFailed(LibNvrtc.nvrtcGetCUBIN(program, bytes));
        }
        return image;
    }

    /// <summary>An array of C strings in native memory.</summary>
    private sealed class Utf8Strings : IDisposable
    {
        internal Utf8Strings(IEnumerable<string> values)
        {
            string[] all = [.. values];
            Count = all.Length;
            Pointers = (byte**)NativeMemory.AllocZeroed((nuint)Math.Max(1, Count), (nuint)sizeof(byte*));
            for (int i = 0; i < Count; i++)
            {
                Pointers[i] = (byte*)Marshal.StringToCoTaskMemUTF8(all[i]);
            }
        }

        internal int Count { get; }

        internal byte** Pointers { get; private set; }

        public void Dispose()
        {
            for (int i = 0; i < Count; i++)
            {
                Marshal.FreeCoTaskMem((nint)Pointers[i]);
            }
            NativeMemory.Free(Pointers);
            Pointers = null;
        }
    }
}
