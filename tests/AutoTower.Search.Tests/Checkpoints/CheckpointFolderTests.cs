using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Devices;
using AutoTower.Search.Checkpoints;
using AutoTower.Search.Data;
using AutoTower.Tests.Files;

namespace AutoTower.Search.Tests.Checkpoints;

public sealed class CheckpointFolderTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly List<string> _warnings = [];

    [Fact]
    public void Every_kind_of_entry_comes_back()
    {
        using var device = new CpuDevice(1);
        using var floats = new DeviceBuffer<float>(device, [1.5f, float.NaN, -0f], "test");
        using var integers = new DeviceBuffer<int>(device, [int.MinValue, 7], "test");
        Folder().Write(writer => writer.Section("outer", () => writer.Section("inner", () =>
        {
            writer.Write("integer", long.MinValue);
            writer.Write("numbers", double.PositiveInfinity, double.Epsilon);
            writer.Write("none", []);
            writer.Write("text", "pooling=sum\nüñ");
            writer.Write("floats", floats);
            writer.Write("integers", integers);
        })));
        var before = floats.DownloadToHost();
        device.Zero(floats.Address, floats.Bytes);
        device.Zero(integers.Address, integers.Bytes);
        using var reader = Folder().OpenNewest(_warnings.Add)!;
        Assert.True(reader.Has("outer"));
        Assert.False(reader.Has("out"));
        reader.Section("outer", () => reader.Section("inner", () =>
        {
            Assert.Equal(long.MinValue, reader.Integer("integer"));
            Assert.Equal([double.PositiveInfinity, double.Epsilon], reader.Numbers("numbers"));
            Assert.Empty(reader.Numbers("none"));
            Assert.Equal("pooling=sum\nüñ", reader.Text("text"));
            reader.Read("floats", floats);
            reader.Read("integers", integers);
            return 0;
        }));
        Assert.Equal(before.Select(BitConverter.SingleToInt32Bits), floats.DownloadToHost().Select(BitConverter.SingleToInt32Bits));
        Assert.Equal([int.MinValue, 7], integers.DownloadToHost());
    }

    [Fact]
    public void The_last_two_are_kept()
    {
        for (var i = 1; i <= 5; i++)
        {
            Write(i);
        }

        Assert.Equal(["checkpoint-00000004.bin", "checkpoint-00000005.bin"], Names());
        Assert.Equal(5, Newest());
        Assert.Empty(_warnings);
    }

    [Fact]
    public void A_flipped_byte_anywhere_is_noticed_and_the_checkpoint_before_it_is_used()
    {
        Write(1);
        Write(2);
        var path = _temporary["checkpoint-00000002.bin"];
        var good = File.ReadAllBytes(path);
        for (var i = 0; i < good.Length; i++)
        {
            var bad = good.ToArray();
            bad[i] ^= (byte)(1 << (i % 8));
            AssertPassedOver(path, bad);
        }
    }

    [Fact]
    public void A_file_cut_anywhere_is_noticed_and_the_checkpoint_before_it_is_used()
    {
        Write(1);
        Write(2);
        var path = _temporary["checkpoint-00000002.bin"];
        var good = File.ReadAllBytes(path);
        for (var length = 0; length < good.Length; length++)
        {
            AssertPassedOver(path, good[..length]);
        }
    }

    [Fact]
    public void A_foreign_checkpoint_is_named_and_the_one_before_it_is_used()
    {
        Write(1);
        new CheckpointFolder(_temporary.Path, "seed=2").Write(writer => writer.Write("number", 2));
        Assert.Equal(1, Newest());
        var warning = Assert.Single(_warnings);
        Assert.Contains("checkpoint-00000002.bin belongs to a run with another configuration", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_that_can_not_be_written_leaves_the_earlier_ones_alone()
    {
        Write(1);
        Assert.Throws<IOException>(() => Folder().Write(writer =>
        {
            writer.Write("number", 2);
            throw new IOException("No space left on device");
        }));
        Assert.Equal(["checkpoint-00000001.bin"], Names());
        Assert.Equal(1, Newest());
    }

    [Fact]
    public void An_entry_of_another_size_is_an_error_that_names_file_and_entry()
    {
        using var device = new CpuDevice(1);
        using var buffer = new DeviceBuffer<float>(device, 3, "test");
        Folder().Write(writer => writer.Write("values", buffer));
        using var longer = new DeviceBuffer<float>(device, 4, "test");
        using var reader = Folder().OpenNewest(_warnings.Add)!;
        var failure = Assert.Throws<DataException>(() => reader.Read("values", longer));
        Assert.Contains("checkpoint-00000001.bin", failure.Message, StringComparison.Ordinal);
        Assert.Contains("values has 12 bytes instead of 16", failure.Message, StringComparison.Ordinal);
        Assert.Contains("no such entry", Assert.Throws<DataException>(() => reader.Integer("other")).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _temporary.Dispose();

    private CheckpointFolder Folder() => new(_temporary.Path, "seed=1");

    private void Write(int number) => Folder().Write(writer => writer.Write("number", number));

    private long? Newest()
    {
        using var reader = Folder().OpenNewest(_warnings.Add);
        return reader?.Integer("number");
    }

    private IEnumerable<string?> Names() => Directory.EnumerateFiles(_temporary.Path).Select(Path.GetFileName).Order();

    private void AssertPassedOver(string path, byte[] contents)
    {
        File.WriteAllBytes(path, contents);
        _warnings.Clear();
        Assert.Equal(1, Newest());
        Assert.Contains(path, Assert.Single(_warnings), StringComparison.Ordinal);
        File.Delete(path + ".rejected");
    }
}
