using System.CommandLine;
using System.Text.Json;
using AutoTower.Cli.Options;

namespace AutoTower.Cli.Experiments;

/// <summary>The JSON schema of experiment files, made from the options themselves.</summary>
internal static class ExperimentSchema
{
    public static void Write(Utf8JsonWriter json, IReadOnlyList<Command> commands)
    {
        json.WriteStartObject();
        json.WriteString("$schema", "https://json-schema.org/draft/2020-12/schema");
        json.WriteString("title", "AutoTower experiment");
        json.WriteString("description", "Options of autotower search or autotower train, for --config.");
        json.WriteStartArray("anyOf");
        foreach (var command in commands)
        {
            json.WriteStartObject();
            json.WriteString("$ref", $"#/$defs/{command.Name}");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("$defs");
        foreach (var command in commands)
        {
            json.WritePropertyName(command.Name);
            Write(json, command);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Command command)
    {
        json.WriteStartObject();
        json.WriteString("type", "object");
        json.WriteBoolean("additionalProperties", false);
        json.WriteStartObject("properties");
        foreach (var name in ExperimentFile.Informational)
        {
            json.WriteStartObject(name);
            if (name == "command")
            {
                json.WriteString("const", command.Name);
            }
            else
            {
                json.WriteString("type", "string");
            }

            json.WriteEndObject();
        }

        foreach (var option in OptionValues.In(command))
        {
            json.WritePropertyName(OptionValues.NameOf(option));
            Write(json, option);
        }

        json.WriteEndObject();
        var required = OptionValues.In(command).Where(option => option.Required).ToList();
        if (required.Count > 0)
        {
            json.WriteStartArray("required");
            required.ForEach(option => json.WriteStringValue(OptionValues.NameOf(option)));
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Option option)
    {
        var type = Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
        json.WriteStartObject();
        json.WriteString("description", option.Description);
        json.WriteString("type", JsonType(type));
        if (type.IsEnum)
        {
            json.WriteStartArray("enum");
            foreach (var name in Enum.GetNames(type))
            {
                json.WriteStringValue(name.ToLowerInvariant());
            }

            json.WriteEndArray();
        }

        if (type == typeof(ulong))
        {
            json.WriteNumber("minimum", 0);
        }

        if (option is IBoundedOption { Bounds: { } bounds })
        {
            json.WriteNumber(bounds.AboveMinimum ? "exclusiveMinimum" : "minimum", bounds.Minimum);
            if (double.IsFinite(bounds.Maximum))
            {
                json.WriteNumber("maximum", bounds.Maximum);
            }
        }

        json.WriteEndObject();
    }

    private static string JsonType(Type type) => Type.GetTypeCode(type) switch
    {
        _ when type.IsEnum => "string",
        TypeCode.Boolean => "boolean",
        TypeCode.Int32 or TypeCode.UInt64 => "integer",
        TypeCode.Double => "number",
        _ => "string",
    };
}
