using System.Diagnostics;

namespace AutoTower.Search.Benchmarks;

/// <summary>What the process holds of the host's memory.</summary>
public static class HostMemory
{
    /// <summary>Most bytes that were resident at once: VmHWM on Linux.</summary>
    public static long PeakBytes
    {
        get
        {
            using var process = Process.GetCurrentProcess();
            return process.PeakWorkingSet64;
        }
    }

    /// <summary>Gives free memory back and starts <see cref="PeakBytes"/> anew; where the system does not allow the second, the peak goes on from before.</summary>
    public static void StartPeak()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        try
        {
            // "5" resets the peak of the resident set (proc_pid_clear_refs(5)).
            File.WriteAllText("/proc/self/clear_refs", "5");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
        }
    }
}
