namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>How a <see cref="CudaDevice"/> computes and where its kernels come from.</summary>
public sealed record CudaDeviceOptions
{
    /// <summary>Precision of dense products.</summary>
    public Precision Precision { get; init; } = Precision.Fp32;

    /// <summary>Whether results are bit-identical from run to run on one GPU model: no floating-point atomics on any path.</summary>
    public bool Deterministic { get; init; }

    /// <summary>
    /// Whether towers and histories run in a few launches a step (<see cref="Device.Towers"/>, <see cref="Device.Histories"/>) where their
    /// block types and poolings allow it, or one operation after another.
    /// </summary>
    public bool FuseTowers { get; init; } = true;

    /// <summary>Environment variable with a folder of kernel sources, so that tests and benchmarks run edited kernels without being built again.</summary>
    public const string KernelsVariable = "AUTOTOWER_KERNELS";

    /// <summary>
    /// Whether top-K keeps only candidates and never stores the scores (kernels/topk_*.cu), or ranks a matrix of scores
    /// (kernels/ranking.cu); null for the first from compute capability 8.0 on, where tensor cores screen the candidates.
    /// </summary>
    public bool? ScreenRanking { get; init; }

    /// <summary>
    /// Folder with kernel sources to use instead of the embedded ones; null for that of <see cref="KernelsVariable"/>, or the embedded ones.
    /// </summary>
    public string? KernelsDirectory { get; init; }

    /// <summary>The GPU's number, from 0, as CUDA_VISIBLE_DEVICES leaves it.</summary>
    public int Ordinal { get; init; }

    /// <summary>Gets one sentence when something costs speed but not the run, such as a kernel cache that cannot be written.</summary>
    public Action<string>? Warning { get; init; }
}
