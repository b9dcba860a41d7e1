using System.Buffers;

namespace AutoTower.Search.Data.Tables;

/// <summary>
/// Turns a line of Python literals ({'asin': 'B1', 'price': 4.0, 'title': "It's"}) into JSON. The Amazon metadata of 2014 were published so.
/// </summary>
internal static class PythonLiteral
{
    /// <summary>The same value as JSON; text that is no Python literal gives text that is no JSON.</summary>
    public static ReadOnlySpan<byte> ToJson(ReadOnlySpan<byte> text)
    {
        var json = new ArrayBufferWriter<byte>(text.Length + 16);
        while (!text.IsEmpty)
        {
            switch (text[0])
            {
                case (byte)'\'' or (byte)'"':
                    text = String(text[1..], text[0], json);
                    break;
                case (byte)'u' when text is [_, (byte)'\'' or (byte)'"', ..]:
                    text = text[1..];
                    break;
                case (byte)'T' or (byte)'F' or (byte)'N':
                    text = Word(text, json);
                    break;
                default:
                    json.Write(text[..1]);
                    text = text[1..];
                    break;
            }
        }

        return json.WrittenSpan;
    }

    /// <summary>A string from behind its opening quote; returns what follows the closing one.</summary>
    private static ReadOnlySpan<byte> String(ReadOnlySpan<byte> text, byte quote, ArrayBufferWriter<byte> json)
    {
        json.Write("\""u8);
        while (!text.IsEmpty && text[0] != quote)
        {
            switch (text)
            {
                case [(byte)'"', ..]:
                    json.Write("\\\""u8);
                    text = text[1..];
                    break;
                case [(byte)'\\', (byte)'\'', ..]:
                    json.Write("'"u8);
                    text = text[2..];
                    break;
                case [(byte)'\\', (byte)'x', _, _, ..]:
                    json.Write("\\u00"u8);
                    json.Write(text[2..4]);
                    text = text[4..];
                    break;
                case [(byte)'\\', _, ..]:
                    json.Write(text[..2]);
                    text = text[2..];
                    break;
                default:
                    json.Write(text[..1]);
                    text = text[1..];
                    break;
            }
        }

        if (!text.IsEmpty)
        {
            json.Write("\""u8);
            text = text[1..];
        }

        return text;
    }

    private static ReadOnlySpan<byte> Word(ReadOnlySpan<byte> text, ArrayBufferWriter<byte> json)
    {
        var (word, value) = text switch
        {
            _ when text.StartsWith("True"u8) => (4, "true"u8.ToArray()),
            _ when text.StartsWith("False"u8) => (5, "false"u8.ToArray()),
            _ when text.StartsWith("None"u8) => (4, "null"u8.ToArray()),
            _ => (1, text[..1].ToArray()),
        };
        json.Write(value);
        return text[word..];
    }
}
