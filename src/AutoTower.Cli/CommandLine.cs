using System.CommandLine;
using AutoTower.Cli.Commands;

namespace AutoTower.Cli;

/// <summary>The program: parses arguments, runs a command, and turns every failure into one sentence and an exit code.</summary>
public static class CommandLine
{
    /// <summary>Runs the program.</summary>
    /// <param name="arguments">Command-line arguments.</param>
    /// <param name="output">Results.</param>
    /// <param name="error">Progress and errors.</param>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        var root = new RootCommand("Searches, trains, ranks and exports two-tower retrieval models on the CPU or a CUDA GPU.")
        {
            SearchCommand.Create(output, error),
            TrainCommand.Create(output, error),
            CostCommand.Create(output),
            DataCommand.Create(output),
            BenchCommand.Create(output, error),
        };
        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            // One sentence, not one a token: a mistyped option also makes its value an unknown argument.
            await error.WriteLineAsync($"autotower: {parsed.Errors[0].Message} See 'autotower {parsed.CommandResult.Command.Name} --help'.");
            return ExitCode.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = TimeSpan.FromSeconds(30),
            });
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
}
