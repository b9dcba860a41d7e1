using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Memory;
using AutoTower.Search.Data;
using AutoTower.Search.Models;

namespace AutoTower.Search.Retrieval;

/// <summary>A user with the items seen so far.</summary>
/// <param name="User">Dense user id; 0 for a user that the model does not know, who has the embeddings of unknown values.</param>
/// <param name="Items">Dense item ids in time order, the latest last; the model looks at the last L.</param>
public readonly record struct UserHistory(int User, ReadOnlyMemory<int> Items);

/// <summary>Vectors of users and items under the weights and running statistics that a model has now.</summary>
public static class TowerVectors
{
    private const int ChunkSize = 1024;

    /// <summary>Vectors (items, O) of items 1, 2, ...: row r is item r + 1. The caller owns the buffer.</summary>
    public static DeviceBuffer<float> Items(ITwoTowerModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var count = model.Data.Dataset.Items.Count - 1;
        var width = model.OutputWidth;
        using var arena = new Arena(model.Device, "item vectors");
        var vectors = new DeviceBuffer<float>(model.Device, (long)count * width, "item vectors");
        for (var first = 0; first < count; first += ChunkSize)
        {
            arena.Reset();
            var size = Math.Min(ChunkSize, count - first);
            var ids = arena.NewIntegers([.. Enumerable.Range(first + 1, size)]);
            var output = model.Items(new Tape(arena, ForwardMode.Inference), ids);
            model.Device.Copy(output.Value.Address, vectors.Address + (nint)first * width * sizeof(float), output.Value.Count * sizeof(float));
        }

        return vectors;
    }

    /// <summary>Vectors (users, interests * O) on the host, a row a user given. Waits for the device.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A user or item id that the data set does not have.</exception>
    public static float[] Users(ITwoTowerModel model, IReadOnlyList<UserHistory> users)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(users);
        var width = model.Interests * model.OutputWidth;
        var vectors = new float[users.Count * width];
        using var arena = new Arena(model.Device, "user vectors");
        for (var first = 0; first < users.Count; first += ChunkSize)
        {
            arena.Reset();
            var batch = Batch(arena, model.Data.Dataset, [.. users.Skip(first).Take(ChunkSize)]);
            var output = model.Users(new Tape(arena, ForwardMode.Inference), batch);
            model.Device.Download(output.Value.Address, vectors.AsSpan(first * width, batch.Users.Length * width));
        }

        return vectors;
    }

    /// <summary>Every user of the data set with everything the log has of them; entry i is user i + 1.</summary>
    public static IReadOnlyList<UserHistory> AllUsers(Dataset dataset)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        return [.. Enumerable.Range(1, dataset.Users.Count - 1).Select(user => new UserHistory(user, Seen(dataset, user)))];
    }

    /// <summary>The items that the log has of a user, in time order.</summary>
    public static ReadOnlyMemory<int> Seen(Dataset dataset, int user)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        var log = dataset.Interactions;
        return log.Items.AsMemory(log.Offsets[user]..log.Offsets[user + 1]);
    }

    private static BatchArrays Batch(Arena arena, Dataset dataset, UserHistory[] users)
    {
        var length = dataset.HistoryLength;
        var histories = new int[users.Length * length];
        var lengths = new int[users.Length];
        for (var i = 0; i < users.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(users[i].User, nameof(users));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(users[i].User, dataset.Users.Count, nameof(users));
            var latest = users[i].Items.Span[Math.Max(0, users[i].Items.Length - length)..];
            foreach (var item in latest)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(item, 1, nameof(users));
                ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(item, dataset.Items.Count, nameof(users));
            }

            latest.CopyTo(histories.AsSpan((i + 1) * length - latest.Length));
            lengths[i] = latest.Length;
        }

        return new BatchArrays(
            arena.NewIntegers(Array.ConvertAll(users, user => user.User)), IntegerArray.None, arena.NewIntegers(histories), arena.NewIntegers(lengths));
    }
}
