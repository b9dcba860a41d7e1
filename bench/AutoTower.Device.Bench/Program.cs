using AutoTower.Device.Bench;
using AutoTower.Kernels;

// Device benchmarks, timed by CUDA events; runs where there is no .NET when published as one file (docs/performance.md says how).
// Usage: AutoTower.Device.Bench topk [--json FILE] [--commit NAME] [--only name,...] [--repeats N] [--items-divided-by N]
//                                    [--device cuda|cpu] [--kernels-dir DIR] [--no-check]
if (args is not ["topk", ..])
{
    Console.Error.WriteLine("usage: AutoTower.Device.Bench topk [--json FILE] [--commit NAME] [--only name,...] [--repeats N] [--items-divided-by N] [--device cuda|cpu] [--kernels-dir DIR] [--no-check]");
    return 2;
}

try
{
    var options = TopKBenchOptions.Parse(args.AsSpan(1));
    return options.OnCpu ? CpuTopKBench.Run(options) : TopKBench.Run(options);
}
catch (Exception failure) when (failure is ArgumentException or CudaEngineException)
{
    Console.Error.WriteLine(failure.Message);
    return 1;
}
