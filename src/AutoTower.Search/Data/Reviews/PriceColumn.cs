using System.Buffers;
using System.Buffers.Text;
using AutoTower.Search.Data.Features;
using AutoTower.Search.Data.Tables;

namespace AutoTower.Search.Data.Reviews;

/// <summary>
/// Amazon's prices: a number (2014) or text such as "$1,012.99" or "$5.99 - $9.99" (2018), of which the first amount counts. The files of 2018
/// have pieces of web pages in place of some prices; what does not begin with an amount is unknown.
/// </summary>
internal sealed class PriceColumn(string name, int count, int bins) : NumberColumn(name, count, bins)
{
    private static readonly SearchValues<byte> Amount = SearchValues.Create("0123456789.,"u8);

    /// <inheritdoc/>
    protected override double? Parse(TableReader table, int column)
    {
        var text = table.Field(column).Trim((byte)' ').TrimStart((byte)'$');
        var length = text.IndexOfAnyExcept(Amount);
        Span<byte> digits = stackalloc byte[32];
        var used = 0;
        foreach (var character in length < 0 ? text : text[..length])
        {
            if (character != ',' && used < digits.Length)
            {
                digits[used++] = character;
            }
        }

        return Utf8Parser.TryParse(digits[..used], out double price, out var parsed) && parsed == used ? price : null;
    }
}
