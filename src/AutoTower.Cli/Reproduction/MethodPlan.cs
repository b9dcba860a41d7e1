using AutoTower.Search.Reproduction;

namespace AutoTower.Cli.Reproduction;

/// <summary>A row of a table: what is run for it on a data set, seed by seed.</summary>
/// <param name="Name">Name of its folder; rows of several tables that run the same have the same name.</param>
/// <param name="Label">What people call it.</param>
/// <param name="Command"><c>search</c> or <c>train</c>.</param>
/// <param name="Arguments">Its options beside data, seed, folder and what the caller gave.</param>
internal sealed record MethodPlan(string Name, string Label, string Command, params IReadOnlyList<string> Arguments)
{
    /// <summary>Models of one scenario are compared with its best baseline.</summary>
    public string? Scenario { get; init; }

    /// <summary>Whether others should beat it.</summary>
    public bool IsBaseline { get; init; }

    /// <summary>Place on the horizontal axis of a figure.</summary>
    public double? X { get; init; }

    /// <summary>The paper's numbers by data set.</summary>
    public Func<string, PrintedResult?> Printed { get; init; } = _ => null;

    /// <summary>The cell of the same seed whose architecture is trained; it is run before.</summary>
    public (string Data, MethodPlan Method)? Source { get; init; }
}

/// <summary>A table or figure of the paper, and what it takes.</summary>
/// <param name="Name">For example <c>table4</c>.</param>
/// <param name="Title">What it shows.</param>
/// <param name="Data">The data sets that the paper shows it for.</param>
/// <param name="Methods">The rows for the data sets that are there.</param>
internal sealed record TablePlan(string Name, string Title, IReadOnlyList<string> Data, Func<IReadOnlyList<string>, IReadOnlyList<MethodPlan>> Methods)
{
    /// <summary>Name of a figure's horizontal axis.</summary>
    public string Axis { get; init; } = string.Empty;
}
