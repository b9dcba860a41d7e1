using AutoTower.Search.Data.Parsing;

namespace AutoTower.Search.Data.Tables;

/// <summary>The lines of a plain or gzip-compressed file, however large: one line at a time is in memory.</summary>
internal sealed class LineStream : IDisposable
{
    private readonly string _path;
    private readonly Stream _stream;
    private byte[] _buffer = new byte[1 << 18];
    private int _start;
    private int _end;
    private int _next;

    /// <exception cref="DataException">No such file, or not readable.</exception>
    public LineStream(string path)
    {
        _path = path;
        _stream = SourceFile.Open(path);
    }

    /// <summary>Number of the current line, from 1.</summary>
    public int Number { get; private set; }

    /// <summary>The current line without its line feed; valid until the next.</summary>
    public ReadOnlySpan<byte> Current => _buffer.AsSpan(_start, Length);

    private int Length { get; set; }

    /// <exception cref="DataException">The file cannot be read on, or its compression is damaged.</exception>
    public bool MoveNext()
    {
        _start = _next;
        var searched = 0;
        while (true)
        {
            var feed = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (feed >= 0)
            {
                return Take(searched + feed, _start + searched + feed + 1);
            }

            searched = _end - _start;
            if (!Fill())
            {
                return searched > 0 && Take(searched, _end);
            }
        }
    }

    public void Dispose() => _stream.Dispose();

    private bool Take(int length, int next)
    {
        Length = length;
        _next = next;
        if (++Number == 1 && Current.StartsWith("\uFEFF"u8))
        {
            _start += "\uFEFF"u8.Length;
            Length -= "\uFEFF"u8.Length;
        }

        return true;
    }

    /// <summary>Reads on behind what the current line has so far; false at the end of the file.</summary>
    private bool Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start.._end).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        try
        {
            var read = _stream.Read(_buffer.AsSpan(_end));
            _end += read;
            return read > 0;
        }
        catch (InvalidDataException)
        {
            throw new DataException($"{Path.GetFileName(_path)} line {Number + 1}: the gzip compression is damaged or ends early.");
        }
        catch (IOException failure)
        {
            throw new DataException($"{_path} cannot be read: {failure.Message}");
        }
    }
}
