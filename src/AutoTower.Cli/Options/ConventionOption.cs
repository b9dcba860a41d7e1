using System.CommandLine;
using AutoTower.Search.Cost;

namespace AutoTower.Cli.Options;

/// <summary>How parameters and FLOPs are counted.</summary>
internal static class ConventionOption
{
    public static Option<CostConvention> Create() => ChoiceOption.Create(
        "--convention", "paper (as printed there) or actual (what is computed, scoring included).", CostConvention.Paper);
}
