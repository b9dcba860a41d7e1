using AutoTower.Autograd.Devices.Cpu;

namespace AutoTower.Autograd.Tests.Devices;

public class CpuAttentionTests
{
    /// <summary>Scores of several hundred, whose exponentials overflow a float, as heavy-tailed products of the ew-ip block give.</summary>
    [Fact]
    public void Large_scores_choose_one_token_and_stay_finite()
    {
        using var device = new CpuDevice(1);
        const int tokens = 3, width = 4;
        var projected = new HostMatrix(device, 1, tokens * 4 * width);
        for (var token = 0; token < tokens; token++)
        {
            projected[0, token * 4 * width] = 40; // query
            projected[0, ((token * 4) + 1) * width] = 20 * token; // key: scores 0, 400, 800
            projected[0, ((token * 4) + 2) * width] = 1 + token; // value
        }

        var z = new HostMatrix(device, 1, tokens * width);
        var weights = new HostMatrix(device, 1, tokens * tokens);
        device.Attention.Forward(projected.View, tokens, 1, z.View, weights.View);
        Assert.Equal([0, 0, 1, 0, 0, 1, 0, 0, 1], weights.Values());
        Assert.Equal([3, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0], z.Values());

        var dz = new HostMatrix(device, 1, tokens * width, 0, new System.Random(1));
        var dProjected = new HostMatrix(device, 1, tokens * 4 * width);
        device.Attention.Backward(projected.View, tokens, 1, weights.View, dz.View, dProjected.View);
        Assert.All(dProjected.Values(), gradient => Assert.True(float.IsFinite(gradient)));
    }
}
