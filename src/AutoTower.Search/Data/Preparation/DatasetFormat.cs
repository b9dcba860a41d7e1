using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace AutoTower.Search.Data.Preparation;

/// <summary>A data set as bytes: its parts one after the other, arrays and texts behind their lengths.</summary>
internal static class DatasetFormat
{
    /// <summary>The data set as bytes.</summary>
    public static byte[] Write(Dataset dataset)
    {
        var writer = new ArrayBufferWriter<byte>(1 << 20);
        Text(dataset.Name);
        Table(dataset.Users);
        Table(dataset.Items);
        Array<int>(dataset.Interactions.Offsets);
        Array<int>(dataset.Interactions.Items);
        Number(dataset.Interactions.Weights is null ? 0 : 1);
        Array<float>(dataset.Interactions.Weights);
        Number(dataset.HistoryLength);
        Array<int>([.. dataset.HistoryFields]);
        Texts(dataset.UserKeys);
        Texts(dataset.ItemKeys);
        Number(dataset.ItemTitles is null ? 0 : 1);
        Texts(dataset.ItemTitles ?? []);
        return writer.WrittenSpan.ToArray();

        void Table(FeatureTable table)
        {
            Text(table.Entity);
            Number(table.Count);
            Number(table.Fields.Count);
            foreach (var field in table.Fields)
            {
                Text(field.Name);
                Number(field.Cardinality);
                Array<int>(field.Values);
                Number(field.IsMultiValued ? 1 : 0);
                Array<int>(field.Offsets);
            }
        }

        void Number(int value)
        {
            BinaryPrimitives.WriteInt32LittleEndian(writer.GetSpan(sizeof(int)), value);
            writer.Advance(sizeof(int));
        }

        void Array<T>(ReadOnlySpan<T> values)
            where T : unmanaged
        {
            Number(values.Length);
            writer.Write(MemoryMarshal.AsBytes(values));
        }

        void Text(string text)
        {
            Number(Encoding.UTF8.GetByteCount(text));
            Encoding.UTF8.GetBytes(text, writer);
        }

        void Texts(IReadOnlyList<string> texts)
        {
            Number(texts.Count);
            foreach (var text in texts)
            {
                Text(text);
            }
        }
    }

    /// <summary>The data set back.</summary>
    public static Dataset Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new Reader(bytes);
        var name = reader.Text();
        var users = reader.Table();
        var items = reader.Table();
        var offsets = reader.Array<int>();
        var log = reader.Array<int>();
        var isWeighted = reader.Number() == 1;
        var weights = reader.Array<float>();
        var historyLength = reader.Number();
        var historyFields = reader.Array<int>();
        var userKeys = reader.Texts();
        var itemKeys = reader.Texts();
        var hasTitles = reader.Number() == 1;
        var titles = reader.Texts();
        return new Dataset(
            name,
            users,
            items,
            new InteractionLog(offsets, log, isWeighted ? weights : null),
            historyLength,
            historyFields,
            userKeys,
            itemKeys,
            hasTitles ? titles : null);
    }

    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public int Number() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

        public T[] Array<T>()
            where T : unmanaged => MemoryMarshal.Cast<byte, T>(Take(Number() * Marshal.SizeOf<T>())).ToArray();

        public string Text() => Encoding.UTF8.GetString(Take(Number()));

        public string[] Texts()
        {
            var texts = new string[Number()];
            for (var i = 0; i < texts.Length; i++)
            {
                texts[i] = Text();
            }

            return texts;
        }

        public FeatureTable Table()
        {
            var entity = Text();
            var count = Number();
            var fields = new FeatureField[Number()];
            for (var i = 0; i < fields.Length; i++)
            {
                var name = Text();
                var cardinality = Number();
                var values = Array<int>();
                var isMultiValued = Number() == 1;
                var offsets = Array<int>();
                fields[i] = new FeatureField(name, cardinality, values, isMultiValued ? offsets : null);
            }

            return new FeatureTable(entity, count, fields);
        }

        private ReadOnlySpan<byte> Take(int length)
        {
            var taken = _rest[..length];
            _rest = _rest[length..];
            return taken;
        }
    }
}
