using System.CommandLine;
using AutoTower.Autograd.Devices;
using AutoTower.Cli.Commands;
using AutoTower.Cli.Experiments;

namespace AutoTower.Cli;

/// <summary>The program: parses arguments, runs a command, and turns every failure into one sentence and an exit code.</summary>
public static class CommandLine
{
    private const string Description =
        """
        Searches, trains, ranks and exports two-tower retrieval models on the CPU or a CUDA GPU.

        Exit codes: 0 done, 1 failed, 2 not understood, 130 interrupted (Ctrl+C), 143 terminated. The first Ctrl+C or SIGTERM lets a run
        finish its step and write a checkpoint, from which --resume goes on; the second stops at once.
        """;

    /// <summary>Runs the program.</summary>
    /// <param name="arguments">Command-line arguments.</param>
    /// <param name="output">Results.</param>
    /// <param name="error">Progress and errors.</param>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public static Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error) => RunAsync(arguments, output, error, null);

    /// <summary>Runs the program on a device that stays the caller's.</summary>
    /// <param name="arguments">Command-line arguments.</param>
    /// <param name="output">Results.</param>
    /// <param name="error">Progress and errors.</param>
    /// <param name="device">What <c>search</c> and <c>train</c> run on; null where they open a device of their own.</param>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    internal static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error, Device? device)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        var search = SearchCommand.Create(output, error, device);
        var train = TrainCommand.Create(output, error, device);
        var root = new RootCommand(Description)
        {
            search,
            train,
            CostCommand.Create(output),
            DataCommand.Create(output, error),
            BenchCommand.Create(output, error),
            StudyCommand.Create(output, error),
            ReproduceCommand.Create(output, error, [search, train]),
            CompareCommand.Create(output),
            SchemaCommand.Create(output, [search, train]),
            ExportCommand.Create(output),
            ReportCommand.Create(output),
            EmbedCommand.Create(output),
            RecommendCommand.Create(output),
        };
        try
        {
            var parsed = Parse(root, arguments.Length > 0 ? arguments : ["--help"]);
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                // Commands that have something to save handle signals themselves (StopSignals); the others end at once.
                ProcessTerminationTimeout = null,
            });
        }
        catch (UsageException failure)
        {
            await error.WriteLineAsync($"autotower: {failure.Message}");
            return ExitCode.Usage;
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("autotower: stopped on request; what was written to the run folder is complete up to here.");
            return ExitCode.Interrupted;
        }
        catch (Exception failure) when (UserFailure.Describe(failure) is not null)
        {
            await error.WriteLineAsync($"autotower: {UserFailure.Describe(failure)}");
            return ExitCode.Failure;
        }
    }

    /// <summary>Parses twice where an experiment file adds options.</summary>
    private static ParseResult Parse(RootCommand root, string[] arguments)
    {
        var alone = root.Parse(arguments);
        var completed = ExperimentFile.Complete(alone, arguments);
        var parsed = completed.Length == arguments.Length ? alone : root.Parse(completed);
        if (parsed.Errors.Count > 0)
        {
            var source = parsed != alone && alone.Errors.Count == 0 ? "in the experiment file, " : string.Empty;
            throw new UsageException($"{source}{ParseErrors.Describe(parsed)}");
        }

        return parsed;
    }
}
