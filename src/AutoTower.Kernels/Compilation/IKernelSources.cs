namespace AutoTower.Kernels.Compilation;

/// <summary>Where kernel sources come from: this assembly, or a folder with edited ones.</summary>
internal interface IKernelSources
{
    /// <summary>File names of all .cu sources, in order.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>Reads one source with every header.</summary>
    /// <exception cref="FileNotFoundException">There is no such source; the message names it and those that there are.</exception>
    KernelSource Read(string name);
}
