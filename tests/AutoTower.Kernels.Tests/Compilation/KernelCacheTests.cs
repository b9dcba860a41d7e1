using AutoTower.Kernels.Caching;
using AutoTower.Kernels.Compilation;
using AutoTower.Tests.Files;

namespace AutoTower.Kernels.Tests.Compilation;

public sealed class KernelCacheTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _warnings = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_written_is_read_back()
    {
        byte[] image = [1, 2, 3];

        Cache().Write("a.cubin", image);

        Assert.Equal(image, Cache().TryRead("a.cubin"));
        Assert.Null(Cache().TryRead("b.cubin"));
    }

    [Fact]
    public void Any_damaged_byte_makes_the_entry_missing()
    {
        Cache().Write("a.cubin", [1, 2, 3]);
        byte[] whole = File.ReadAllBytes(_folder["a.cubin"]);
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= 0x40;
            File.WriteAllBytes(_folder["a.cubin"], damaged);
            Assert.Null(Cache().TryRead("a.cubin"));
            File.WriteAllBytes(_folder["a.cubin"], whole[..i]);
            Assert.Null(Cache().TryRead("a.cubin"));
        }
    }

    [Fact]
    public async Task Concurrent_writers_and_readers_see_whole_entries_only()
    {
        byte[] image = new byte[100_000];
        Random.Shared.NextBytes(image);

        await Parallel.ForAsync(0, 60, TestContext.Current.CancellationToken, (i, _) =>
        {
            // Each iteration stands for a process of its own.
            if (i % 2 == 0)
            {
                Cache().Write("a.cubin", image);
            }
            byte[]? read = Cache().TryRead("a.cubin");
            Assert.True(read is null || read.AsSpan().SequenceEqual(image));
            return ValueTask.CompletedTask;
        });

        Assert.Equal(image, Cache().TryRead("a.cubin"));
        Assert.Single(Directory.GetFiles(_folder.Path));
        Assert.Empty(_warnings);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_warns_once_in_one_sentence()
    {
        // A file where the folder should be stops every user, root included.
        _folder.Write("file", "");
        var cache = new KernelCache(_folder["file", "kernels"], _warnings.Add);

        cache.Write("a.cubin", [1]);
        cache.Write("b.cubin", [2]);

        Assert.Null(cache.TryRead("a.cubin"));
        string warning = Assert.Single(_warnings);
        Assert.StartsWith($"The kernel cache folder {_folder["file", "kernels"]} cannot be written (", warning, StringComparison.Ordinal);
        Assert.EndsWith("), so kernels are compiled at every start; set AUTOTOWER_CACHE to a folder that can.", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_write_leaves_nothing_behind()
    {
        Directory.CreateDirectory(_folder["a.cubin"]);

        Cache().Write("a.cubin", [1]);

        Assert.Empty(Directory.GetFiles(_folder.Path));
        Assert.Single(_warnings);
    }

    [Theory]
    [InlineData("/option", "/all", "/xdg", "/home", "/option")]
    [InlineData(null, "/all", "/xdg", "/home", "/all/kernels")]
    [InlineData(null, null, "/xdg", "/home", "/xdg/autotower/kernels")]
    [InlineData(null, "", "", "/home", "/home/.cache/autotower/kernels")]
    public void The_location_is_option_then_variable_then_user_folder(string? option, string? all, string? xdg, string? home, string expected)
    {
        string found = CacheLocation.Find("kernels", option, name => name switch
        {
            "AUTOTOWER_CACHE" => all,
            "XDG_CACHE_HOME" => xdg,
            "HOME" => home,
            _ => null,
        });

        Assert.Equal(expected, found);
    }

    private KernelCache Cache() => new(_folder.Path, _warnings.Add);
}
