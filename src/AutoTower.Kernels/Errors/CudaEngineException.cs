namespace AutoTower.Kernels;

/// <summary>Any failure of the CUDA engine. The message is complete: it names what failed and, where that is known, what would be right.</summary>
public abstract class CudaEngineException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What failed.</param>
    protected CudaEngineException(string message)
        : base(message)
    {
    }
}
