using System.Runtime.Intrinsics;
using AutoTower.Autograd.Devices.Cpu;

namespace AutoTower.Autograd.Tests.Devices;

public class VectorExponentialTests
{
    [Fact]
    public void Agrees_with_double_to_two_units_in_the_last_place()
    {
        for (var x = 0f; x > -87.2f; x -= 0.00137f)
        {
            var expected = Math.Exp(x);
            Assert.InRange(Of(x) / expected - 1, -2.4e-7, 2.4e-7);
        }
    }

    [Fact]
    public void Handles_the_ends()
    {
        Assert.Equal(1, Of(0));
        Assert.Equal(0, Of(-87.4f));
        Assert.Equal(0, Of(float.MinValue));
        Assert.Equal(0, Of(float.NegativeInfinity));
        Assert.True(float.IsNaN(Of(float.NaN)));
    }

    private static float Of(float x) => VectorExponential.OfNonPositive(Vector256.Create(x))[0];
}
