using AutoTower.Search.Pipeline;
using Spectre.Console;

namespace AutoTower.Cli.Output;

/// <summary>Runs a job under the display that fits: bars where standard error is a terminal, plain lines otherwise.</summary>
internal static class Display
{
    public static T Run<T>(TextWriter error, Func<IRunObserver, T> job)
    {
        if (Console.IsErrorRedirected || error != Console.Error)
        {
            return job(new PlainObserver(error));
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) });
        return console.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context => job(new TerminalObserver(context)));
    }
}
