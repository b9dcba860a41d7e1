using System.CommandLine;
using System.Globalization;

namespace AutoTower.Cli.Options;

/// <summary>Options that take a number within bounds and say so in one sentence otherwise.</summary>
internal static class NumberOption
{
    public static Option<int> Positive(string name, string description, int value) => Within(name, description, value, 1, int.MaxValue);

    public static Option<int> Within(string name, string description, int value, int minimum, int maximum)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => value };
        AddBounds(option, name, minimum, maximum);
        return option;
    }

    /// <summary>An option whose default depends on the data set.</summary>
    public static Option<int?> OptionalPositive(string name, string description)
    {
        var option = new Option<int?>(name) { Description = description };
        AddBounds(option, name, 1, int.MaxValue);
        return option;
    }

    /// <summary>A limit on parameters or FLOPs: a plain number, or one such as 0.48e6.</summary>
    public static Option<double?> Limit(string name, string description)
    {
        var option = new Option<double?>(name) { Description = description };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1
                && (!double.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var value) || !(value > 0)))
            {
                result.AddError($"{name} takes a positive number, not '{result.Tokens[0].Value}'.");
            }
        });
        return option;
    }

    private static void AddBounds(Option option, string name, int minimum, int maximum) => option.Validators.Add(result =>
    {
        if (result.Tokens.Count == 1
            && (!int.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var value) || value < minimum || value > maximum))
        {
            var range = maximum == int.MaxValue ? $"a whole number from {minimum}" : $"a whole number from {minimum} to {maximum}";
            result.AddError($"{name} takes {range}, not '{result.Tokens[0].Value}'.");
        }
    });
}
