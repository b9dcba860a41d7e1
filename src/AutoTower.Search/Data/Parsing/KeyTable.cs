using System.Text;

namespace AutoTower.Search.Data.Parsing;

/// <summary>
/// Distinct keys, numbered from 0 in order of first occurrence. Keys stay UTF-8 bytes and looking one up allocates nothing, which is what
/// lets millions of rows with text ids be read in seconds.
/// </summary>
internal sealed class KeyTable
{
    private const int ChunkSize = 1 << 20;
    private readonly List<byte[]> _chunks = [];
    private int _used = ChunkSize;
    private Entry[] _entries = new Entry[256];
    private int[] _slots = new int[512];

    /// <summary>Number of keys.</summary>
    public int Count { get; private set; }

    /// <summary>A key as text.</summary>
    public string this[int index] => Encoding.UTF8.GetString(Bytes(_entries[index]));

    /// <summary>The number of a key, which is added where it is new.</summary>
    public int Add(ReadOnlySpan<byte> key)
    {
        var hash = Hash(key);
        var slot = Slot(key, hash);
        if (_slots[slot] > 0)
        {
            return _slots[slot] - 1;
        }

        if (Count == _entries.Length)
        {
            Grow();
            slot = Slot(key, hash);
        }

        _entries[Count] = Store(key, hash);
        _slots[slot] = ++Count;
        return Count - 1;
    }

    /// <summary>The number of a key, or -1.</summary>
    public int Find(ReadOnlySpan<byte> key) => _slots[Slot(key, Hash(key))] - 1;

    private static int Hash(ReadOnlySpan<byte> key)
    {
        var hash = default(HashCode);
        hash.AddBytes(key);
        return hash.ToHashCode();
    }

    // Open addressing with linear probing; slots hold number + 1 and are twice as many as entries, so a free one exists.
    private int Slot(ReadOnlySpan<byte> key, int hash)
    {
        var slot = hash & (_slots.Length - 1);
        while (_slots[slot] > 0)
        {
            ref readonly var entry = ref _entries[_slots[slot] - 1];
            if (entry.Hash == hash && Bytes(entry).SequenceEqual(key))
            {
                break;
            }

            slot = (slot + 1) & (_slots.Length - 1);
        }

        return slot;
    }

    private void Grow()
    {
        Array.Resize(ref _entries, 2 * _entries.Length);
        _slots = new int[2 * _entries.Length];
        for (var index = 0; index < Count; index++)
        {
            var slot = _entries[index].Hash & (_slots.Length - 1);
            while (_slots[slot] > 0)
            {
                slot = (slot + 1) & (_slots.Length - 1);
            }

            _slots[slot] = index + 1;
        }
    }

    private Entry Store(ReadOnlySpan<byte> key, int hash)
    {
        if (_chunks.Count == 0 || _used + key.Length > ChunkSize)
        {
            _chunks.Add(new byte[Math.Max(ChunkSize, key.Length)]);
            _used = 0;
        }

        key.CopyTo(_chunks[^1].AsSpan(_used));
        var entry = new Entry(hash, _chunks.Count - 1, _used, key.Length);
        _used += key.Length;
        return entry;
    }

    private ReadOnlySpan<byte> Bytes(in Entry entry) => _chunks[entry.Chunk].AsSpan(entry.Start, entry.Length);

    private readonly record struct Entry(int Hash, int Chunk, int Start, int Length);
}
