using AutoTower.Bench;
using AutoTower.Bench.Supernet;
using BenchmarkDotNet.Running;

// Usage: AutoTower.Bench [file.json]                   the benchmark; its result goes to the file
//        AutoTower.Bench processor-time [file.json]    a comparison for machines that are busy with other work
if (args is ["processor-time", ..])
{
    ProcessorTime.Compare(rounds: 9, args.ElementAtOrDefault(1));
    return 0;
}

var summary = BenchmarkRunner.Run<SupernetStepBenchmark>();
if (summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success))
{
    return 1;
}

if (args is [var file])
{
    ResultFile.Write(file, summary);
}

return 0;
