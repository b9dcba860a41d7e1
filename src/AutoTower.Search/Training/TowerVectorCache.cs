using AutoTower.Autograd.Devices;

namespace AutoTower.Search.Training;

/// <summary>
/// Keeps the validation vectors of recently evaluated towers on the device. The two towers of a candidate meet only in the loss, and
/// crossover and mutation leave one of them unchanged more often than not.
/// </summary>
internal sealed class TowerVectorCache(Device device, int rows, int columns) : IDisposable
{
    private const long FewestBytes = 256L << 20;
    private const int ShareOfMemory = 64;

    private readonly Dictionary<string, LinkedListNode<(string Key, DeviceBuffer<float> Vectors)>> _entries = [];
    private readonly LinkedList<(string Key, DeviceBuffer<float> Vectors)> _byUse = new();
    private readonly int _capacity = (int)Math.Max(2, Math.Max(FewestBytes, device.TotalBytes / ShareOfMemory) / ((long)rows * columns * sizeof(float)));

    /// <summary>The vectors (rows, columns) of <paramref name="key"/>; <paramref name="fill"/> computes them where they are not held.</summary>
    public Matrix GetOrFill(string key, Action<Matrix> fill)
    {
        if (_entries.TryGetValue(key, out var node))
        {
            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return View(node.Value.Vectors);
        }

        DeviceBuffer<float> buffer;
        if (_entries.Count >= _capacity)
        {
            (var oldest, buffer) = _byUse.Last!.Value;
            _byUse.RemoveLast();
            _entries.Remove(oldest);
        }
        else
        {
            buffer = new DeviceBuffer<float>(device, (long)rows * columns, "candidate vectors");
        }

        fill(View(buffer));
        _entries[key] = _byUse.AddFirst((key, buffer));
        return View(buffer);
    }

    public void Dispose()
    {
        foreach (var (_, vectors) in _byUse)
        {
            vectors.Dispose();
        }

        _byUse.Clear();
        _entries.Clear();
    }

    private Matrix View(DeviceBuffer<float> buffer) => new(buffer.Address, rows, columns);
}
