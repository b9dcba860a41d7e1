using AutoTower.Search.Data;
using AutoTower.Search.Data.Preparation;
using AutoTower.Search.Tests.Supernet;

namespace AutoTower.Search.Tests.Data;

public sealed class DatasetCacheTests : IDisposable
{
    private readonly DataFolder _folder = new();
    private readonly List<string> _warnings = [];
    private int _reads;

    public DatasetCacheTests() => _folder.Write("raw", "contents");

    public void Dispose() => _folder.Dispose();

    private string CacheFolder => _folder.PathOf("cache");

    private string Entry => Assert.Single(Directory.GetFiles(CacheFolder));

    [Fact]
    public void WhatIsReadBackIsTheSameToTheLastValue()
    {
        var dataset = TinyData.Create(9, 7);
        var copy = DatasetFormat.Read(DatasetFormat.Write(dataset));
        Assert.Equal(DatasetDigest.Of(dataset), DatasetDigest.Of(copy));
        Assert.Equal((dataset.Name, dataset.HistoryLength), (copy.Name, copy.HistoryLength));
        Assert.Equal(dataset.HistoryFields, copy.HistoryFields);
        Assert.Equal(dataset.UserKeys, copy.UserKeys);
        Assert.Equal(dataset.ItemKeys, copy.ItemKeys);
        Assert.Equal(dataset.ItemTitles, copy.ItemTitles);
        Assert.Equal(
            dataset.Users.Fields.Concat(dataset.Items.Fields).Select(field => (field.Name, field.Cardinality, field.IsMultiValued)),
            copy.Users.Fields.Concat(copy.Items.Fields).Select(field => (field.Name, field.Cardinality, field.IsMultiValued)));
        Assert.Equal(dataset.Interactions.Weights, copy.Interactions.Weights);
    }

    [Fact]
    public void TheSecondTimeNothingIsPrepared()
    {
        var first = Get();
        var second = Get();
        Assert.Equal(1, _reads);
        Assert.Equal(DatasetDigest.Of(first), DatasetDigest.Of(second));
    }

    [Fact]
    public void OtherContentsAndOtherSettingsAreOtherEntries()
    {
        Get();
        Get(settings: "other");
        _folder.Write("raw", "Contents");
        Get();
        Assert.Equal(3, _reads);
        _folder.Write("raw", "contents");
        Get();
        Assert.Equal(3, _reads);
        Assert.Equal(3, Directory.GetFiles(CacheFolder).Length);
    }

    [Fact]
    public void AnEntryWithADamagedByteOrWithoutItsEndIsMadeAgain()
    {
        Get();
        var whole = File.ReadAllBytes(Entry);
        int[] places = [0, 8, 40, 72, 100, whole.Length / 2, whole.Length - 1];
        foreach (var place in places)
        {
            byte[] damaged = [.. whole];
            damaged[place] ^= 0x10;
            File.WriteAllBytes(Entry, damaged);
            var reads = _reads;
            Get();
            Assert.Equal(reads + 1, _reads);
            File.WriteAllBytes(Entry, whole[..place]);
            Get();
            Assert.Equal(reads + 2, _reads);
            Assert.Equal(whole, File.ReadAllBytes(Entry));
        }
    }

    [Fact]
    public void AnotherEntryUnderTheNameOfThisOneIsMadeAgain()
    {
        Get(settings: "other");
        var other = Entry;
        var foreign = File.ReadAllBytes(other);
        Get();
        var own = Directory.GetFiles(CacheFolder).Single(path => path != other);
        File.WriteAllBytes(own, foreign);
        Get();
        Assert.Equal(3, _reads);
    }

    [Fact]
    public async Task SeveralAtOnceGetTheSame()
    {
        var expected = DatasetDigest.Of(TinyData.Create(9, 7));
        await Parallel.ForAsync(0, 40, TestContext.Current.CancellationToken, (_, _) =>
        {
            // Each stands for a process of its own.
            Assert.Equal(expected, DatasetDigest.Of(Get()));
            return ValueTask.CompletedTask;
        });
        Assert.True(File.Exists(Entry));
        Assert.Empty(_warnings);
    }

    [Fact]
    public void AFolderThatCannotBeWrittenCostsTimeOnlyAndIsSaid()
    {
        _folder.Write("cache", "a file where the folder should be");
        Assert.Equal(DatasetDigest.Of(TinyData.Create(9, 7)), DatasetDigest.Of(Get()));
        Assert.StartsWith($"The data cache folder {CacheFolder} cannot be written (", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void PresetsUseItUnlessItIsSwitchedOff()
    {
        _folder.Write("a.csv", "u,i\n1,2\n");
        _folder.Write("own.json", """{"interactions": {"file": "a.csv", "user": "u", "item": "i"}}""");
        DatasetPresets.Load(_folder.PathOf("own.json"), null, null, new PreparationOptions { CacheDirectory = CacheFolder, UseCache = false });
        Assert.False(Directory.Exists(CacheFolder));
        DatasetPresets.Load(_folder.PathOf("own.json"), null, null, new PreparationOptions { CacheDirectory = CacheFolder });
        DatasetPresets.Load(_folder.PathOf("own.json"), null, null, new PreparationOptions { CacheDirectory = CacheFolder, MinimumUserRecords = 1 });
        Assert.True(File.Exists(Entry));
    }

    private Dataset Get(string settings = "settings")
    {
        var cache = new DatasetCache(CacheFolder, _warnings.Add);
        return cache.Get(new RawData(settings, [_folder.PathOf("raw")], () =>
        {
            Interlocked.Increment(ref _reads);
            return TinyData.Create(9, 7);
        }));
    }
}
