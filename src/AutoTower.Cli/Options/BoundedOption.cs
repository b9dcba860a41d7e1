using System.CommandLine;
using System.Globalization;

namespace AutoTower.Cli.Options;

/// <summary>Which numbers an option takes.</summary>
/// <param name="Minimum">Least value.</param>
/// <param name="Maximum">Largest value.</param>
/// <param name="Whole">Whole numbers only.</param>
/// <param name="AboveMinimum">The least value itself is not allowed.</param>
internal sealed record Bounds(double Minimum, double Maximum = double.PositiveInfinity, bool Whole = false, bool AboveMinimum = false)
{
    public static Bounds Positive { get; } = new(1, int.MaxValue, Whole: true);

    // No thousands separators: "0,48e6" would else be 48 million.
    public bool Allows(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
        && (!Whole || int.TryParse(text, CultureInfo.InvariantCulture, out _))
        && (AboveMinimum ? value > Minimum : value >= Minimum)
        && value <= Maximum && double.IsFinite(value);

    public override string ToString() => (Whole, AboveMinimum, Maximum) switch
    {
        (true, _, int.MaxValue) => $"a whole number from {Minimum}",
        (true, _, _) => $"a whole number from {Minimum} to {Maximum}",
        (false, true, double.PositiveInfinity) when Minimum == 0 => "a positive number",
        (false, true, _) => $"a number above {Minimum} up to {Maximum}",
        (false, false, double.PositiveInfinity) => $"a number from {Minimum}",
        (false, false, _) => $"a number from {Minimum} to {Maximum}",
    };
}

/// <summary>An option whose bounds are known to others: its errors and the schema of experiment files.</summary>
internal interface IBoundedOption
{
    Bounds? Bounds { get; }
}

/// <summary>An option that takes a number within bounds and says so in one sentence otherwise.</summary>
internal class BoundedOption<T> : Option<T>, IBoundedOption
{
    public BoundedOption(string name, string description, Bounds? bounds)
        : base(name)
    {
        Description = description;
        Bounds = bounds;
        if (bounds is not null)
        {
            Validators.Add(result =>
            {
                if (result.Tokens.Count == 1 && !bounds.Allows(result.Tokens[0].Value))
                {
                    result.AddError($"{name} takes {bounds}, not '{result.Tokens[0].Value}'.");
                }
            });
        }
    }

    public Bounds? Bounds { get; }
}
