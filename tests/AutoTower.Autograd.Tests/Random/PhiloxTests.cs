using System.Runtime.Intrinsics;
using AutoTower.Autograd.Random;

namespace AutoTower.Autograd.Tests.Random;

public class PhiloxTests
{
    /// <summary>The known answers for philox4x32-10 that Random123 publishes (tests/kat_vectors).</summary>
    [Fact]
    public void Known_answers_of_the_authors()
    {
        Assert.Equal(Vector128.Create(0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u), Philox.Next(0, 0, 0, 0, 0));
        Assert.Equal(
            Vector128.Create(0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu),
            Philox.Next(ulong.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue));
        Assert.Equal(
            Vector128.Create(0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u),
            Philox.Next(0x299f31d0_a4093822ul, 0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u));
    }

    [Fact]
    public void Uniform_numbers_lie_in_the_half_open_interval()
    {
        Assert.Equal(0, Philox.ToUniform(0));
        Assert.Equal(0, Philox.ToUniform(255));
        Assert.Equal(1 - (1f / 16777216f), Philox.ToUniform(uint.MaxValue));
    }
}
