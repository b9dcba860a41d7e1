using System.CommandLine;
using AutoTower.Search.Baselines;

namespace AutoTower.Cli.Options;

/// <summary>The options that say which model: an architecture, or a baseline by name.</summary>
internal sealed class ModelOptions
{
    private readonly Option<string?> _architecture = new("--architecture")
    {
        Description = "For example \"pooling=self-attention; user=mlp-512,sa-1,sa-4; item=mlp-128,mlp-512,sa-1\".",
    };

    private readonly Option<string?> _baseline = new("--model")
    {
        Description = $"A baseline instead: {string.Join(", ", BaselineCatalog.Names)}.",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_architecture);
        command.Options.Add(_baseline);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_architecture) is null == result.GetValue(_baseline) is null)
            {
                result.AddError("Give either --architecture or --model.");
            }
        });
    }

    /// <summary>The text of the architecture; null where a baseline was asked for.</summary>
    public string? Architecture(ParseResult parsed) => parsed.GetValue(_architecture);

    /// <summary>The name of the baseline; null where an architecture was given.</summary>
    public string? Baseline(ParseResult parsed) => parsed.GetValue(_baseline);
}
