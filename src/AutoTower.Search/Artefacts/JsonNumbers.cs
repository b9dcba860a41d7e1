using System.Text.Json;

namespace AutoTower.Search.Artefacts;

/// <summary>Numbers that may not be numbers, which JSON has no word for.</summary>
public static class JsonNumbers
{
    /// <summary>Writes a number, or null where it is not finite.</summary>
    public static void WriteOptional(this Utf8JsonWriter json, string name, double value)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
