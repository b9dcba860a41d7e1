using System.CommandLine;
using AutoTower.Cli.Experiments;
using AutoTower.Cli.Options;
using AutoTower.Cli.Output;
using AutoTower.Search.Comparison;

namespace AutoTower.Cli.Commands;

/// <summary><c>autotower compare</c>: finished runs grouped by configuration, means over seeds, paired t-tests between groups.</summary>
internal static class CompareCommand
{
    public static Command Create(TextWriter output)
    {
        var runs = new Argument<string[]>("run") { Description = "Run folders of search or train.", Arity = ArgumentArity.OneOrMore };
        var json = new Option<bool>("--json") { Description = "Print one JSON document and nothing else." };
        var markdown = new Option<bool>("--markdown") { Description = "Print Markdown tables." };
        var command = new Command(
            "compare",
            "Compares runs: those that differ only by seed form a group; mean and standard deviation over seeds, paired t-test between groups.")
        {
            runs, json, markdown,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(json) && result.GetValue(markdown))
            {
                result.AddError("Give either --json or --markdown.");
            }
        });
        command.SetAction(parsed =>
        {
            var incidental = RunOptions.Incidental.Select(name => name.TrimStart('-')).Concat(ExperimentFile.Informational).ToHashSet();
            incidental.Remove("command");
            var comparison = new RunComparison([.. parsed.GetValue(runs)!.Select(path => RunResult.Read(path, incidental))]);
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(output, writer => ComparisonOutput.WriteJson(writer, comparison));
            }
            else if (parsed.GetValue(markdown))
            {
                ComparisonOutput.WriteMarkdown(output, comparison);
            }
            else
            {
                ComparisonOutput.WriteText(output, comparison);
            }
        });
        return command;
    }
}
