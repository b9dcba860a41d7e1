namespace AutoTower.Report.Drawing;

/// <summary>The report's colours. Series colours are told apart also by people with red-green colour blindness (Okabe and Ito).</summary>
internal static class Palette
{
    public static readonly Colour Ink = new(0x1f2933);
    public static readonly Colour Soft = new(0x616e7c);
    public static readonly Colour Grid = new(0xe4e7eb);
    public static readonly Colour Paper = new(0xffffff);
    public static readonly Colour Panel = new(0xf5f7fa);
    public static readonly Colour Blue = new(0x0072b2);
    public static readonly Colour Orange = new(0xd55e00);
    public static readonly Colour Green = new(0x009e73);
    public static readonly Colour Grey = new(0x9aa5b1);

    private static readonly Colour[] Colours = [Blue, Orange, Green, new(0xcc79a7), new(0xe69f00), new(0x56b4e9), new(0x5b4b8a), new(0x6b705c)];

    public static Colour Series(int index) => Colours[index % Colours.Length];

    /// <summary>From white to blue, for shares from 0 to 1.</summary>
    public static Colour Share(double share)
    {
        const uint Light = 0xf3f8fc;
        const uint Dark = 0x004c80;
        var t = Math.Clamp(share, 0, 1);
        uint Mix(int shift) => (uint)Math.Round((((Light >> shift) & 0xff) * (1 - t)) + (((Dark >> shift) & 0xff) * t)) << shift;
        return new Colour(Mix(16) | Mix(8) | Mix(0));
    }

    /// <summary>The colour of a block type's family, dark enough for white text.</summary>
    public static Colour Family(string block) => block.Split('-')[0] switch
    {
        "mlp" => Blue,
        "ew" => Green,
        "sa" => new Colour(0x8a4f7d),
        _ => new Colour(0x8a5a00),
    };
}
