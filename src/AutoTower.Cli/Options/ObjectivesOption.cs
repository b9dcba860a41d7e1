using System.CommandLine;
using AutoTower.Search.Strategies.Pareto;

namespace AutoTower.Cli.Options;

/// <summary>What a multi-objective search makes small, as a list of names with commas.</summary>
internal static class ObjectivesOption
{
    private static readonly string Names = string.Join(',', Enum.GetNames<Objective>()).ToLowerInvariant();

    public static Option<string> Create()
    {
        var option = new Option<string>("--objectives")
        {
            Description = $"nsga2: what is made small, at least two of {Names}.",
            DefaultValueFactory = _ => Names,
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && Unknown(token.Value) is { } wrong)
            {
                result.AddError($"--objectives takes names of {Names} with commas between them, not '{wrong}'.");
            }
        });
        return option;
    }

    public static IReadOnlyList<Objective> Read(string text) => [.. Parts(text).Select(Enum.Parse<Objective>)];

    private static string? Unknown(string text) => Parts(text).FirstOrDefault(part => !Enum.GetNames<Objective>().Contains(part));

    // Enum.Parse takes numbers too, so names are compared.
    private static IEnumerable<string> Parts(string text) => text.Split(',', StringSplitOptions.TrimEntries)
        .Select(part => Enum.GetNames<Objective>().FirstOrDefault(name => name.Equals(part, StringComparison.OrdinalIgnoreCase)) ?? part);
}
