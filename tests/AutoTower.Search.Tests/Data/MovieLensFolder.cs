using System.Text;

namespace AutoTower.Search.Tests.Data;

/// <summary>Tiny hand-made MovieLens files in a temporary folder; a test changes what it needs.</summary>
internal sealed class MovieLensFolder : DataFolder
{
    private MovieLensFolder()
    {
    }

    public static MovieLensFolder Small100K()
    {
        var folder = new MovieLensFolder();
        folder.Write("u.genre", "unknown|0\nDrama|1\nWar|2\n\n");
        folder.Write("u.occupation", "artist\nwriter\n");
        folder.Write("u.user", "1|24|M|writer|85711\n2|60|F|artist|94043\n3|7|F|artist|00000\n");
        folder.Write(
            "u.item",
            "10|Les Misérables (1995)|01-Jan-1995||http://x|0|1|1\n20|unknown||||1|0|0\n30|Old (1898)|4-Feb-1898|||0|0|1\n");
        folder.Write("u.data", "1\t30\t5\t300\n2\t10\t1\t50\n1\t10\t3\t100\n1\t20\t4\t100\n2\t30\t2\t40\n");
        return folder;
    }

    public static MovieLensFolder Small1M()
    {
        var folder = new MovieLensFolder();
        folder.Write("users.dat", "7::F::1::10::48067\n9::M::56::20::70072\n");
        folder.Write(
            "movies.dat",
            "3::Café (2000)::War|Comedy\n5::Nobody saw it (1950)::Western\n8::No year::Comedy\n4000::Old (1919)::Drama|War\n");
        folder.Write(
            "ratings.dat",
            "9::4000::0::10\n7::8::5::20\n7::3::0::20\n7::4000::3::19\n");
        return folder;
    }

    // The published files are Latin-1.
    public override void Write(string file, string text) => File.WriteAllText(PathOf(file), text, Encoding.Latin1);

    public string Read(string file) => File.ReadAllText(PathOf(file), Encoding.Latin1);
}
