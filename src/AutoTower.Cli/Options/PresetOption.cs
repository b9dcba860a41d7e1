using System.CommandLine;

namespace AutoTower.Cli.Options;

/// <summary>An option whose default depends on the data set.</summary>
internal interface IPresetOption
{
    /// <summary>The value given, or that of the preset.</summary>
    object ValueOf(ParseResult parsed);
}

/// <inheritdoc cref="IPresetOption"/>
internal sealed class PresetOption<T>(string name, string description, Func<Preset, T> fromPreset, Bounds? bounds = null)
    : BoundedOption<T?>(name, description, bounds), IPresetOption
    where T : struct
{
    public T Of(ParseResult parsed) => parsed.GetValue(this) ?? fromPreset(Preset.For(parsed));

    public object ValueOf(ParseResult parsed) => Of(parsed);
}
