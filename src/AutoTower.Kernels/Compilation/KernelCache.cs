using AutoTower.Kernels.Caching;

namespace AutoTower.Kernels.Compilation;

/// <summary>Compiled kernels on disk.</summary>
internal sealed class KernelCache(string directory, Action<string>? warning)
    : EntryCache(directory, "ATKERN1\n", "kernel", "kernels are compiled at every start", warning);
