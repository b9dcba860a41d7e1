namespace AutoTower.Kernels;

/// <summary>One of NVIDIA's libraries could not be loaded; the message says in one sentence what was looked for and where.</summary>
public sealed class CudaLibraryNotFoundException : CudaEngineException
{
    internal CudaLibraryNotFoundException(string message)
        : base(message)
    {
    }
}
