namespace AutoTower.Search.Data.Tables;

/// <summary>
/// ISO 8601 dates and times: yyyy-MM, yyyy-MM-dd, and behind that T or a space and HH:mm, seconds with any fraction, and Z or an offset.
/// </summary>
internal static class IsoTime
{
    /// <summary>Seconds since 1970; a time without an offset counts as UTC.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out double seconds)
    {
        seconds = 0;
        var rest = text;
        var day = 1;
        if (!Number(ref rest, 4, out var year) || !Skip(ref rest, '-') || !Number(ref rest, 2, out var month)
            || (Skip(ref rest, '-') && !Number(ref rest, 2, out day))
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }

        var (hour, minute, second, offset) = (0, 0, 0.0, 0);
        if ((Skip(ref rest, 'T') || Skip(ref rest, ' '))
            && !(Number(ref rest, 2, out hour) && Skip(ref rest, ':') && Number(ref rest, 2, out minute)
                && Seconds(ref rest, ref second) && Offset(ref rest, ref offset)))
        {
            return false;
        }

        var days = new DateOnly(year, month, day).DayNumber - new DateOnly(1970, 1, 1).DayNumber;
        seconds = (86_400.0 * days) + (3600 * hour) + (60 * (minute - offset)) + second;
        return rest.IsEmpty && hour < 24 && minute < 60 && second < 61;
    }

    private static bool Seconds(ref ReadOnlySpan<byte> rest, ref double second)
    {
        if (!Skip(ref rest, ':'))
        {
            return true;
        }

        if (!Number(ref rest, 2, out var whole))
        {
            return false;
        }

        second = whole;
        if (Skip(ref rest, '.'))
        {
            for (var place = 0.1; rest is [>= (byte)'0' and <= (byte)'9', ..]; place /= 10, rest = rest[1..])
            {
                second += place * (rest[0] - '0');
            }
        }

        return true;
    }

    /// <summary>Minutes that local time is ahead of UTC.</summary>
    private static bool Offset(ref ReadOnlySpan<byte> rest, ref int minutes)
    {
        if (rest.IsEmpty || Skip(ref rest, 'Z'))
        {
            return true;
        }

        var sign = Skip(ref rest, '+') ? 1 : Skip(ref rest, '-') ? -1 : 0;
        if (sign == 0 || !Number(ref rest, 2, out var hour))
        {
            return false;
        }

        Skip(ref rest, ':');
        var minute = 0;
        var valid = rest.IsEmpty || Number(ref rest, 2, out minute);
        minutes = sign * ((60 * hour) + minute);
        return valid;
    }

    private static bool Number(ref ReadOnlySpan<byte> rest, int digits, out int number)
    {
        number = 0;
        if (rest.Length < digits || rest[..digits].IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0)
        {
            return false;
        }

        foreach (var digit in rest[..digits])
        {
            number = (10 * number) + (digit - '0');
        }

        rest = rest[digits..];
        return true;
    }

    private static bool Skip(ref ReadOnlySpan<byte> rest, char character)
    {
        if (rest.IsEmpty || rest[0] != character)
        {
            return false;
        }

        rest = rest[1..];
        return true;
    }
}
