using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Search.Retrieval;

namespace AutoTower.Device.Bench;

/// <summary>One shape's data on a device, ready to be searched again and again.</summary>
internal sealed class TopKTask : IDisposable
{
    private const int CheckedUsers = 8;

    private readonly TopKShape _shape;
    private readonly float[] _items;
    private readonly float[] _users;
    private readonly RetrievalIndex _index;
    private readonly DeviceBuffer<float> _userBuffer;
    private readonly DeviceBuffer<int> _offsets;
    private readonly DeviceBuffer<int> _excluded;
    private readonly DeviceBuffer<int> _indices;
    private readonly DeviceBuffer<float> _scores;
    private readonly int[] _hostOffsets;
    private readonly int[] _hostExcluded;

    public TopKTask(AutoTower.Autograd.Devices.Device device, TopKShape shape)
    {
        _shape = shape;
        _items = RandomVectors.Normal((long)shape.Items * shape.Width, 1);
        _users = RandomVectors.Normal((long)shape.Users * shape.Width, 2);
        _index = new RetrievalIndex(device, _items, shape.Width, new RetrievalOptions { Format = shape.Format });
        _userBuffer = new DeviceBuffer<float>(device, _users, "users");
        _hostOffsets = [.. Enumerable.Range(0, shape.Users + 1).Select(user => user * shape.Excluded)];
        var spacing = Math.Max(1, shape.Items / Math.Max(1, shape.Excluded));
        _hostExcluded = [.. Enumerable.Range(0, shape.Users * shape.Excluded).Select(
            i => i % Math.Max(1, shape.Excluded) * spacing + i / Math.Max(1, shape.Excluded) % spacing)];
        _offsets = new DeviceBuffer<int>(device, _hostOffsets, "offsets");
        _excluded = new DeviceBuffer<int>(device, _hostExcluded, "excluded");
        _indices = new DeviceBuffer<int>(device, (long)shape.Users * shape.K, "indices");
        _scores = new DeviceBuffer<float>(device, (long)shape.Users * shape.K, "scores");
    }

    /// <summary>Bytes that must be read at least: users and items once.</summary>
    public long Bytes =>
        (long)_shape.Items * _shape.Width * (_shape.Format == VectorFormat.Float32 ? 4 : 2) + (long)_shape.Users * _shape.Width * 4;

    /// <summary>Multiplications and additions.</summary>
    public double Operations => 2.0 * _shape.Users * _shape.Items * _shape.Width;

    /// <summary>Queues one search.</summary>
    public void Search() => _index.Search(
        new Matrix(_userBuffer.Address, _shape.Users, _shape.Width),
        _shape.Excluded == 0
            ? default
            : new Exclusions(new IntegerArray(_offsets.Address, _hostOffsets.Length), new IntegerArray(_excluded.Address, _hostExcluded.Length)),
        _shape.K,
        new IntegerArray(_indices.Address, _shape.Users * _shape.K),
        new Matrix(_scores.Address, _shape.Users, _shape.K));

    /// <summary>Compares some users' results of the last search with brute force, exactly; null where they agree.</summary>
    public string? Check()
    {
        var indices = _indices.DownloadToHost();
        var scores = _scores.DownloadToHost();
        int[] users = [.. Enumerable.Range(0, CheckedUsers).Select(i => (int)((long)i * (_shape.Users - 1) / (CheckedUsers - 1))).Distinct()];
        var seen = _items;
        if (_shape.Format == VectorFormat.BFloat16)
        {
            var narrow = new ushort[_items.Length];
            BFloat16Rounding.Round(_items, narrow);
            seen = [.. narrow.AsParallel().AsOrdered().Select(half => BitConverter.UInt32BitsToSingle((uint)half << 16))];
        }

        var (expected, expectedScores) = BruteForce.Solve(
            [.. users.Select(user => _users[(user * _shape.Width)..((user + 1) * _shape.Width)])],
            seen,
            _shape.Width,
            _shape.K,
            _shape.Excluded == 0 ? null : [.. users.Select(user => _hostExcluded[_hostOffsets[user].._hostOffsets[user + 1]])]);
        for (var i = 0; i < expected.Length; i++)
        {
            var at = users[i / _shape.K] * _shape.K + i % _shape.K;
            if (indices[at] != expected[i] || scores[at] != expectedScores[i])
            {
                return $"user {users[i / _shape.K]}, place {i % _shape.K}: {indices[at]} ({scores[at]:R}), expected {expected[i]} ({expectedScores[i]:R})";
            }
        }

        return null;
    }

    public void Dispose()
    {
        _index.Dispose();
        _userBuffer.Dispose();
        _offsets.Dispose();
        _excluded.Dispose();
        _indices.Dispose();
        _scores.Dispose();
    }
}
