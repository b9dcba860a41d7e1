using System.CommandLine;
using System.Globalization;

namespace AutoTower.Cli.Options;

/// <summary>Makes options that take a number.</summary>
internal static class NumberOption
{
    public static Option<int> Positive(string name, string description, int value) => Within(name, description, value, 1, int.MaxValue);

    public static Option<int> Within(string name, string description, int value, int minimum, int maximum) =>
        new BoundedOption<int>(name, description, new Bounds(minimum, maximum, Whole: true)) { DefaultValueFactory = _ => value };

    public static Option<double> Real(string name, string description, double value, Bounds bounds) =>
        new BoundedOption<double>(name, description, bounds) { DefaultValueFactory = _ => value };

    /// <summary>An option that may be left out.</summary>
    public static Option<int?> OptionalPositive(string name, string description) => new BoundedOption<int?>(name, description, Bounds.Positive);

    /// <summary>An option whose default depends on the data set.</summary>
    public static PresetOption<int> FromPreset(string name, string description, Func<Preset, int> value) =>
        new(name, description, value, Bounds.Positive);

    public static Option<ulong> Seed(string name, string description) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => 1,
        CustomParser = result =>
        {
            if (!ulong.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            {
                result.AddError($"{name} takes a whole number from 0, not '{result.Tokens[0].Value}'.");
            }

            return value;
        },
    };

    /// <summary>Minutes as a time; more than a TimeSpan holds is as long as it holds.</summary>
    public static TimeSpan Minutes(double minutes) =>
        minutes < TimeSpan.MaxValue.TotalMinutes ? TimeSpan.FromMinutes(minutes) : TimeSpan.MaxValue;

    /// <summary>A limit: a plain number, or one such as 0.48e6.</summary>
    public static Option<double?> Limit(string name, string description) =>
        new BoundedOption<double?>(name, description, new Bounds(0, AboveMinimum: true));
}
