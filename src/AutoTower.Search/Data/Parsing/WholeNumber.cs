namespace AutoTower.Search.Data.Parsing;

/// <summary>Whole numbers as text files hold them: decimal digits and nothing else, at most 18 of them.</summary>
internal static class WholeNumber
{
    private const int MaximumDigits = 18;

    /// <summary>Reads the number; false where the text is something else.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        var valid = text.Length is > 0 and <= MaximumDigits;
        foreach (var character in text)
        {
            var digit = (uint)(character - '0');
            valid &= digit <= 9;
            value = (value * 10) + digit;
        }

        return valid;
    }
}
