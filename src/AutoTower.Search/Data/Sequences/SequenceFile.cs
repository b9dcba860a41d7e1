using System.Globalization;
using AutoTower.Search.Data.Parsing;

namespace AutoTower.Search.Data.Sequences;

/// <summary>
/// Reader of sequence files: one line a user, "user item item ...", oldest item first, whole numbers separated by spaces or tabs. Beside
/// NAME.txt, NAME_item2attributes.json gives the items a multi-valued category (<see cref="ItemAttributes"/>).
/// </summary>
internal static class SequenceFile
{
    /// <summary>What ends the names of attribute files.</summary>
    public const string AttributesSuffix = "_item2attributes.json";

    /// <summary>What the files are, for messages about missing ones.</summary>
    public const string Origin = "(one line a user: user item item ..., and the attribute ids of items; see docs/data.md)";

    /// <summary>
    /// History length L. The published work on these files (S3-Rec and its successors) uses the last 50 items.
    /// </summary>
    public const int HistoryLength = 50;

    /// <summary>The attribute file that belongs to a sequence file.</summary>
    public static string AttributesOf(string path) => path[..^Path.GetExtension(path).Length] + AttributesSuffix;

    /// <summary>The schema of a sequence file anywhere: named after it, with attributes where the file of attributes exists.</summary>
    public static DatasetSchema Schema(string path) => Schema(Path.GetFileNameWithoutExtension(path), File.Exists(AttributesOf(path)));

    /// <summary>The schema of a data set of that name.</summary>
    public static DatasetSchema Schema(string name, bool hasAttributes)
    {
        string[] itemFields = hasAttributes ? ["item", "attributes"] : ["item"];
        return new DatasetSchema(name, ["user"], itemFields, itemFields, HistoryLength);
    }

    /// <summary>Reads a sequence file and, where the schema has attributes, those. Dense ids are in order of first occurrence.</summary>
    /// <exception cref="DataException">A file is missing or malformed.</exception>
    public static Dataset Read(string path, DatasetSchema schema)
    {
        var file = new Lines(path);
        var users = new Dictionary<long, int>();
        var items = new Dictionary<long, int>();
        List<string> userKeys = [""];
        List<string> itemKeys = [""];
        List<int> offsets = [0, 0];
        var log = new List<int>();
        while (file.MoveNext())
        {
            var user = file.Next("user") ?? throw file.Error("the line is empty, expected a user and its items, separated by spaces");
            if (!users.TryAdd(user, userKeys.Count))
            {
                throw file.Error($"user {user} stands in an earlier line already");
            }

            userKeys.Add(user.ToString(CultureInfo.InvariantCulture));
            while (file.Next("item") is { } item)
            {
                if (items.TryAdd(item, itemKeys.Count))
                {
                    itemKeys.Add(item.ToString(CultureInfo.InvariantCulture));
                }

                log.Add(items[item]);
            }

            if (log.Count == offsets[^1])
            {
                throw file.Error($"user {user} has no item");
            }

            offsets.Add(log.Count);
        }

        List<FeatureField> itemFields = [FieldBuilder.Identity(schema.ItemFields[0], itemKeys.Count)];
        if (schema.ItemFields.Count > 1)
        {
            itemFields.Add(ItemAttributes.Read(AttributesOf(path), schema.ItemFields[1], items));
        }

        return new Dataset(
            schema.Name,
            new FeatureTable("user", userKeys.Count, [FieldBuilder.Identity(schema.UserFields[0], userKeys.Count)]),
            new FeatureTable("item", itemKeys.Count, itemFields),
            new InteractionLog([.. offsets], [.. log]),
            schema.HistoryLength,
            schema.HistoryFieldIndices(),
            userKeys,
            itemKeys);
    }

    /// <summary>The lines of a sequence file and the numbers in them.</summary>
    private sealed class Lines
    {
        private readonly string _name;
        private readonly byte[] _bytes;
        private readonly int _end;
        private int _position;
        private int _lineEnd = -1;
        private int _line;

        public Lines(string path)
        {
            _name = Path.GetFileName(path);
            _bytes = SourceFile.ReadAll(path);
            _end = _bytes.AsSpan().TrimEnd("\r\n"u8).Length;
            if (_end == 0)
            {
                throw new DataException($"{_name} is empty, but should have lines of a user and its items.");
            }

            if (SourceFile.WideEncoding(_bytes, out _line) is { } encoding)
            {
                throw Error($"the file is {encoding}, but plain ASCII text is expected");
            }

            _line = 0;
        }

        public bool MoveNext()
        {
            _position = _lineEnd + 1;
            if (_position >= _end)
            {
                return false;
            }

            _line++;
            var length = _bytes.AsSpan(_position.._end).IndexOf((byte)'\n');
            _lineEnd = length < 0 ? _end : _position + length;
            return true;
        }

        /// <summary>The next number of the line, from 1 on; null at its end.</summary>
        public long? Next(string what)
        {
            var rest = _bytes.AsSpan(_position.._lineEnd).TrimStart(" \t\r"u8);
            if (rest.IsEmpty)
            {
                return null;
            }

            var length = rest.IndexOfAny(" \t\r"u8);
            var text = length < 0 ? rest : rest[..length];
            _position = _lineEnd - rest.Length + text.Length;
            return WholeNumber.TryParse(text, out var number) && number > 0
                ? number
                : throw Error($"{what} '{SourceFile.Quote(text)}' is not a whole number from 1 on");
        }

        public DataException Error(string problem) => new($"{_name} line {_line}: {problem}.");
    }
}
