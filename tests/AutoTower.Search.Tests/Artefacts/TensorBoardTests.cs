using System.Text;
using AutoTower.Search.Artefacts.TensorBoard;
using AutoTower.Search.Checkpoints;
using AutoTower.Search.Strategies;
using AutoTower.Search.Tests.Checkpoints;
using AutoTower.Search.Training;
using AutoTower.Tests.Files;

namespace AutoTower.Search.Tests.Artefacts;

public sealed class TensorBoardTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    [Fact]
    public void Events_read_back_by_another_reader_are_those_written()
    {
        using (var recorder = new TensorBoardRecorder(_temporary.Path))
        {
            recorder.Training(new TrainingProgress("supernet", 100, 1000, 6.5, 250));
            recorder.Training(new TrainingProgress("supernet", 100_000, 1000, double.NaN, 251));
            recorder.IterationEnded(new IterationProgress(3, 2.25, 12, 2.5));
        }

        var events = Read(Assert.Single(Directory.EnumerateFiles(_temporary.Path)));
        Assert.Equal("brain.Event:2", events[0].Version);
        Assert.All(events, entry => Assert.True(Math.Abs(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - entry.Time) < 600));
        Assert.Equal(
            [
                ("supernet/loss", 100L, 6.5f), ("supernet/steps per second", 100L, 250f),
                ("supernet/loss", 100_000L, float.NaN), ("supernet/steps per second", 100_000L, 251f),
                ("evolution/best loss", 3L, 2.25f), ("evolution/mean loss", 3L, 2.5f),
            ],
            events.Skip(1).Select(entry => (entry.Tag, entry.Step, entry.Value)));
    }

    [Fact]
    public void A_run_that_goes_on_has_each_value_once()
    {
        var checkpoints = new CheckpointFolder(_temporary["checkpoints"], "test");
        Process(from: 1, checkpointAt: 2, end: 3);
        Process(from: 3, checkpointAt: null, end: 4);
        Process(from: 3, checkpointAt: 4, end: 6);
        Process(from: 5, checkpointAt: null, end: 5);
        var losses = Directory.EnumerateFiles(_temporary.Path, "events*").Order().SelectMany(Read).Where(entry => entry.Tag == "supernet/loss");
        Assert.Equal([1L, 2, 3, 4, 5], losses.Select(entry => entry.Step));

        void Process(int from, int? checkpointAt, int end)
        {
            using var recorder = new TensorBoardRecorder(_temporary.Path);
            using var newest = checkpoints.OpenNewest(warning => Assert.Fail(warning));
            newest?.Restore("recorder", recorder);
            for (var step = from; step <= end; step++)
            {
                recorder.Training(new TrainingProgress("supernet", step, 10, step, 1));
                if (step == checkpointAt)
                {
                    checkpoints.Write(writer => writer.Write("recorder", recorder));
                }
            }
        }
    }

    public void Dispose() => _temporary.Dispose();

    private sealed record Event(double Time, long Step, string Version, string Tag, float Value);

    /// <summary>Reads records and the protocol buffer encoding with other means than the writer: bitwise checksum, generic fields.</summary>
    private static List<Event> Read(string path)
    {
        var events = new List<Event>();
        using var reader = new BinaryReader(File.OpenRead(path));
        while (reader.BaseStream.Position < reader.BaseStream.Length)
        {
            var length = reader.ReadBytes(8);
            Assert.Equal(Masked(length), reader.ReadUInt32());
            var message = reader.ReadBytes((int)BitConverter.ToInt64(length));
            Assert.Equal(Masked(message), reader.ReadUInt32());
            var fields = Fields(message);
            var value = fields.TryGetValue(5, out var summary) ? Fields((byte[])Fields((byte[])summary)[1]) : [];
            events.Add(new Event(
                BitConverter.ToDouble((byte[])fields[1]),
                fields.TryGetValue(2, out var step) ? (long)(ulong)step : 0,
                fields.TryGetValue(3, out var version) ? Encoding.UTF8.GetString((byte[])version) : string.Empty,
                value.TryGetValue(1, out var tag) ? Encoding.UTF8.GetString((byte[])tag) : string.Empty,
                value.TryGetValue(2, out var scalar) ? BitConverter.ToSingle((byte[])scalar) : 0));
        }

        return events;
    }

    private static Dictionary<int, object> Fields(byte[] message)
    {
        var fields = new Dictionary<int, object>();
        var position = 0;
        while (position < message.Length)
        {
            var key = (int)Varint();
            fields.Add(key >> 3, (key & 7) switch
            {
                0 => Varint(),
                1 => Take(8),
                2 => Take((int)Varint()),
                5 => Take(4),
                var other => throw new InvalidDataException($"wire type {other}"),
            });
        }

        return fields;

        ulong Varint()
        {
            ulong value = 0;
            for (var shift = 0; ; shift += 7)
            {
                var next = message[position++];
                value |= (ulong)(next & 0x7F) << shift;
                if (next < 0x80)
                {
                    return value;
                }
            }
        }

        byte[] Take(int count)
        {
            position += count;
            return message[(position - count)..position];
        }
    }

    private static uint Masked(byte[] bytes)
    {
        var checksum = uint.MaxValue;
        foreach (var value in bytes)
        {
            checksum ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                checksum = (checksum >> 1) ^ ((checksum & 1) != 0 ? 0x82F63B78u : 0);
            }
        }

        checksum = ~checksum;
        return ((checksum >> 15) | (checksum << 17)) + 0xA282EAD8u;
    }
}
