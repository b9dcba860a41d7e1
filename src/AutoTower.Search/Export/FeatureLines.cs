using System.Text.Json;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Data;

namespace AutoTower.Search.Export;

/// <summary>
/// What a tower is fed for each known user or item, a JSON object a line: <c>{"id": "the data set's own id", "user": 17, "age_group": 3}</c>;
/// a multi-valued field is a list.
/// </summary>
internal static class FeatureLines
{
    public static void Write(string path, FeatureTable table, IReadOnlyList<string> keys) => AtomicFile.Write(path, stream =>
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { SkipValidation = true });
        for (var entity = 1; entity < table.Count; entity++)
        {
            json.WriteStartObject();
            json.WriteString("id", keys[entity]);
            foreach (var field in table.Fields)
            {
                Write(json, field, entity);
            }

            json.WriteEndObject();
            json.Flush();
            json.Reset();
            stream.WriteByte((byte)'\n');
        }
    });

    private static void Write(Utf8JsonWriter json, FeatureField field, int entity)
    {
        json.WritePropertyName(TowerExporter.InputName(field));
        if (!field.IsMultiValued)
        {
            json.WriteNumberValue(field.Values[entity]);
            return;
        }

        json.WriteStartArray();
        for (var i = field.Offsets[entity]; i < field.Offsets[entity + 1]; i++)
        {
            json.WriteNumberValue(field.Values[i]);
        }

        json.WriteEndArray();
    }
}
