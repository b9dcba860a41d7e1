using System.Diagnostics;
using System.Runtime.InteropServices;

namespace AutoTower.Cli.Tests.Runs;

/// <summary>What a run of the program left: exit code, standard output, standard error.</summary>
internal sealed record Outcome(int ExitCode, string Output, string Error);

/// <summary>The program, in this process or in one of its own.</summary>
internal static partial class Program
{
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int Terminate = 15;

    /// <summary>A search that takes a second or two, most of it for starting.</summary>
    public static readonly string[] TinySearch =
    [
        "search", "--users", "40", "--items", "30", "--interactions", "700", "--user-blocks", "3", "--item-blocks", "3", "--steps", "60",
        "--iterations", "2", "--population", "4", "--statistics-batches", "2", "--fitness-batches", "2", "--epochs", "2", "--top", "2",
        "--batch", "32", "--embedding-dim", "4", "--threads", "1", "--json",
    ];

    /// <summary>Runs in this process.</summary>
    public static async Task<Outcome> Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await CommandLine.RunAsync(arguments, output, error);
        return new Outcome(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>Starts the program in a process of its own, under <paramref name="shell"/> (for limits) where given.</summary>
    public static Process Start(string[] arguments, string? shell = null)
    {
        string[] program = ["dotnet", Path.Combine(AppContext.BaseDirectory, "autotower.dll"), .. arguments];
        string[] inShell = shell is null ? program : ["bash", "-c", shell + "; exec \"$@\"", "bash", .. program];
        // A program inherits which signals are ignored, and what runs the tests may ignore some (a shell's background job ignores SIGINT).
        string[] command = ["env", "--default-signal=INT,TERM", .. inShell];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_TieredPGO"] = "0" },
        };
        return Process.Start(start)!;
    }

    /// <summary>Waits for the end and collects what was written.</summary>
    public static async Task<Outcome> Finish(this Process process)
    {
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"The program did not end within five minutes: {await error}");
        }

        return new Outcome(process.ExitCode, await output, await error);
    }

    public static void Send(this Process process, int signal) => _ = SendSignal(process.Id, signal);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
