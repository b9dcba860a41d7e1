namespace AutoTower.Kernels.Native;

/// <summary>Status of a driver call; only the codes that this library tells apart, every other value is still named by the driver.</summary>
internal enum CUresult
{
    CUDA_SUCCESS = 0,
    CUDA_ERROR_OUT_OF_MEMORY = 2,
    CUDA_ERROR_NO_DEVICE = 100,
    CUDA_ERROR_NOT_READY = 600,
}
