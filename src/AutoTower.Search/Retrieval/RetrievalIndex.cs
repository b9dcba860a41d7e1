using System.Runtime.InteropServices;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Search.Retrieval;

/// <summary>
/// Item vectors on a device, ready to be searched for the items with the largest inner product with a user's vector: exactly, in the order
/// score descending, item index ascending (<see cref="IRankingKernels"/> defines scores). Any number of users in one call; they pass through
/// the device in chunks.
/// </summary>
public sealed class RetrievalIndex : IDisposable
{
    /// <summary>Item elements uploaded at once.</summary>
    private const int UploadElements = 1 << 24;

    /// <summary>Most users, and about the most results, that are on the device at once.</summary>
    private const int UsersAtOnce = 32768;
    private const int ResultsAtOnce = 1 << 23;

    private readonly List<IDisposable> _owned = [];
    private readonly PreparedItems _items;

    /// <summary>Searches vectors that lie on the device already; they must stay there, unchanged, as long as the index lives.</summary>
    /// <exception cref="ArgumentException">Bias or bitmap do not fit the vectors.</exception>
    public RetrievalIndex(Device device, ItemTable items)
    {
        ArgumentNullException.ThrowIfNull(device);
        Device = device;
        _items = Own(device.Ranking.Prepare(items));
    }

    /// <summary>Uploads item vectors.</summary>
    /// <param name="device">Where searches run.</param>
    /// <param name="vectors">(items, <paramref name="width"/>), row-major.</param>
    /// <param name="width">Elements of a vector, 1 to <see cref="ItemTable.LargestWidth"/>.</param>
    /// <param name="options">Format, bias, allowed items; null for plain float32 vectors.</param>
    /// <exception cref="ArgumentException">Sizes that do not fit.</exception>
    /// <exception cref="DeviceMemoryException">The device has no room.</exception>
    public RetrievalIndex(Device device, ReadOnlyMemory<float> vectors, int width, RetrievalOptions? options = null)
        : this(device, RowsOf(vectors, width), width, (first, rows) => vectors.Span.Slice(first * width, rows.Length).CopyTo(rows), options)
    {
    }

    /// <summary>Uploads item vectors that need not be in host memory all at once.</summary>
    /// <param name="device">Where searches run.</param>
    /// <param name="items">Number of items.</param>
    /// <param name="width">Elements of a vector, 1 to <see cref="ItemTable.LargestWidth"/>.</param>
    /// <param name="fill">Fills whole rows from a first item on; called in order.</param>
    /// <param name="options">Format, bias, allowed items; null for plain float32 vectors.</param>
    /// <exception cref="ArgumentException">Sizes that do not fit.</exception>
    /// <exception cref="DeviceMemoryException">The device has no room.</exception>
    public RetrievalIndex(Device device, int items, int width, FillRows fill, RetrievalOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(fill);
        ArgumentOutOfRangeException.ThrowIfNegative(items);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        options ??= new RetrievalOptions();
        RequireCount(options.Bias?.Count, items, "biases");
        RequireCount(options.Allowed?.Count, items, "values that allow items");
        Device = device;
        try
        {
            _items = Own(device.Ranking.Prepare(Upload(items, width, fill, options)));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Fills rows of item vectors.</summary>
    /// <param name="firstItem">Index of the first item.</param>
    /// <param name="rows">Whole rows, one behind the other.</param>
    public delegate void FillRows(int firstItem, Span<float> rows);

    /// <summary>Where searches run.</summary>
    public Device Device { get; }

    /// <summary>Number of items.</summary>
    public int Count => _items.Table.Rows;

    /// <summary>Elements of a vector.</summary>
    public int Width => _items.Table.Columns;

    /// <summary>The best items of users whose vectors are on the host. Waits for the device.</summary>
    /// <param name="users">(users, <see cref="Width"/>), row-major.</param>
    /// <param name="k">Results a user, 1 to <see cref="IRankingKernels.LargestK"/>.</param>
    /// <param name="exclusions">Items left out, per user; null for none.</param>
    /// <exception cref="ArgumentException">Sizes that do not fit.</exception>
    public TopKResult Search(ReadOnlySpan<float> users, int k, ExclusionLists? exclusions = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, IRankingKernels.LargestK);
        if (users.Length % Width != 0)
        {
            throw new ArgumentException($"{users.Length} elements are no whole number of vectors of {Width}.", nameof(users));
        }

        var count = users.Length / Width;
        RequireCount(exclusions?.Users, count, "exclusion lists");
        var result = new TopKResult(k, new int[(long)count * k], new float[(long)count * k]);
        var atOnce = Math.Min(count, Math.Clamp(ResultsAtOnce / k, 1, UsersAtOnce));
        using var vectors = new DeviceBuffer<float>(Device, (long)atOnce * Width, "users to search for");
        using var indices = new DeviceBuffer<int>(Device, (long)atOnce * k, "found items");
        using var scores = new DeviceBuffer<float>(Device, (long)atOnce * k, "scores of found items");
        for (var first = 0; first < count; first += atOnce)
        {
            var part = Math.Min(atOnce, count - first);
            vectors.Upload(users.Slice(first * Width, part * Width));
            var (offsets, items) = exclusions?.Slice(first, part) ?? ([], []);
            using var offsetBuffer = new DeviceBuffer<int>(Device, offsets, "offsets of excluded items");
            using var itemBuffer = new DeviceBuffer<int>(Device, items, "excluded items");
            var excluded = exclusions is null
                ? default
                : new Exclusions(new IntegerArray(offsetBuffer.Address, offsets.Length), new IntegerArray(itemBuffer.Address, items.Length));
            Search(
                new Matrix(vectors.Address, part, Width), excluded, k, new IntegerArray(indices.Address, part * k), new Matrix(scores.Address, part, k));
            Device.Download(indices.Address, result.Indices.AsSpan(first * k, part * k));
            Device.Download(scores.Address, result.Scores.AsSpan(first * k, part * k));
        }

        return result;
    }

    /// <summary>As <see cref="IRankingKernels.TopK"/>: everything on the device; does not wait.</summary>
    public void Search(Matrix users, Exclusions exclusions, int k, IntegerArray indices, Matrix scores) =>
        Device.Ranking.TopK(users, _items, exclusions, k, indices, scores);

    /// <inheritdoc/>
    public void Dispose()
    {
        for (var i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }

        _owned.Clear();
    }

    private ItemTable Upload(int items, int width, FillRows fill, RetrievalOptions options)
    {
        var address = options.Format == VectorFormat.Float32
            ? Fill<float>(items, width, fill, (rows, to) => rows.CopyTo(to))
            : Fill<ushort>(items, width, fill, BFloat16Rounding.Round);
        return new ItemTable(address, items, width, width, options.Format)
        {
            Bias = options.Bias is null
                ? Matrix.None
                : new Matrix(Own(new DeviceBuffer<float>(Device, options.Bias.ToArray(), "item bias")).Address, 1, items),
            Allowed = options.Allowed is null
                ? IntegerArray.None
                : new IntegerArray(
                    Own(new DeviceBuffer<int>(Device, Bitmap(options.Allowed), "allowed items")).Address, ItemTable.AllowedWords(items)),
        };
    }

    private nint Fill<T>(int items, int width, FillRows fill, Convert<T> convert)
        where T : unmanaged
    {
        var buffer = Own(new DeviceBuffer<T>(Device, (long)items * width, "item vectors"));
        var atOnce = Math.Max(1, Math.Min(items, UploadElements / width));
        var rows = new float[atOnce * width];
        var converted = new T[rows.Length];
        for (var first = 0; first < items; first += atOnce)
        {
            var elements = Math.Min(atOnce, items - first) * width;
            fill(first, rows.AsSpan(0, elements));
            convert(rows.AsSpan(0, elements), converted);
            Device.Upload<T>(converted.AsSpan(0, elements), buffer.Address + (nint)first * width * Marshal.SizeOf<T>());
        }

        return buffer.Address;
    }

    private static int[] Bitmap(IReadOnlyList<bool> allowed)
    {
        var words = new int[ItemTable.AllowedWords(allowed.Count)];
        for (var item = 0; item < allowed.Count; item++)
        {
            words[item / 32] |= allowed[item] ? 1 << item % 32 : 0;
        }

        return words;
    }

    private static int RowsOf(ReadOnlyMemory<float> vectors, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        return vectors.Length % width == 0
            ? vectors.Length / width
            : throw new ArgumentException($"{vectors.Length} elements are no whole number of vectors of {width}.", nameof(vectors));
    }

    private static void RequireCount(int? actual, int expected, string what)
    {
        if (actual is { } count && count != expected)
        {
            throw new ArgumentException($"There are {count} {what}, expected {expected}.");
        }
    }

    private T Own<T>(T created)
        where T : IDisposable
    {
        _owned.Add(created);
        return created;
    }

    private delegate void Convert<T>(ReadOnlySpan<float> rows, Span<T> converted)
        where T : unmanaged;
}
