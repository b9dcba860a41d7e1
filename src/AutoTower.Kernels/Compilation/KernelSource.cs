namespace AutoTower.Kernels.Compilation;

/// <summary>One kernel source with the headers it may include.</summary>
/// <param name="Name">File name as errors show it, such as embedding.cu.</param>
/// <param name="Text">The source.</param>
/// <param name="Headers">Header texts by the name under which they are included, such as common/reduce.cuh.</param>
public sealed record KernelSource(string Name, string Text, IReadOnlyDictionary<string, string> Headers);
