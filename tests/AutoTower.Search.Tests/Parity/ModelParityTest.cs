using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Memory;
using AutoTower.Autograd.Parameters;

namespace AutoTower.Search.Tests.Parity;

/// <summary>
/// Base of the tests that hold models on the CUDA device to the same models on the CPU device: skipped with the probe's reason where there
/// is no GPU, and failed when they leave device memory behind.
/// </summary>
[Collection("gpu")]
[Trait("category", "gpu")]
public abstract class ModelParityTest : IDisposable
{
    protected ModelParityTest(ParityWorlds worlds)
    {
        ArgumentNullException.ThrowIfNull(worlds);
        Assert.SkipWhen(worlds.WhyNoGpu is not null, worlds.WhyNoGpu ?? string.Empty);
        Worlds = worlds;
    }

    protected ParityWorlds Worlds { get; }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        // Null where the constructor skipped the test.
        if (Worlds is not null)
        {
            Assert.Equal(0, Worlds.Cuda.LiveBytes);
            Assert.Equal(0, Worlds.Reference.LiveBytes);
        }
    }

    /// <summary>
    /// Runs a module with parameters forward in training mode and backward from a given gradient of its output, on both devices, and compares
    /// output, input gradient and parameter gradients.
    /// </summary>
    /// <param name="input">Shape of the input.</param>
    /// <param name="output">Shape of the output.</param>
    /// <param name="build">Declares the parameters; returns the forward pass from input to output.</param>
    private protected void CompareModule((int Rows, int Columns) input, (int Rows, int Columns) output, Func<ParameterGroup, Action<Tape, Tensor, Tensor>> build)
    {
        var reference = RunModule(Worlds.Reference, input, output, build);
        var tested = RunModule(Worlds.Cuda, input, output, build);
        RelativeError.AssertBelow(1e-5, reference.Output, tested.Output, "output");
        RelativeError.AssertBelow(1e-5, reference.InputGradient, tested.InputGradient, "gradient of the input");
        RelativeError.AssertBelow(1e-5, reference.ParameterGradients, tested.ParameterGradients, "gradients of the parameters");
    }

    private static (float[] Output, float[] InputGradient, float[] ParameterGradients) RunModule(
        Device device, (int Rows, int Columns) input, (int Rows, int Columns) output, Func<ParameterGroup, Action<Tape, Tensor, Tensor>> build)
    {
        using var store = new ParameterStore();
        var forward = build(store.AddGroup("tested"));
        store.Allocate(device, seed: 3);
        using var arena = new Arena(device, "test");
        using var clock = new DeviceBuffer<int>(device, [5], "clock");
        var tape = new Tape(arena, ForwardMode.Training) { DropoutSeed = 11, Clock = new IntegerArray(clock.Address, 1) };
        var x = tape.NewTensor(input.Rows, input.Columns);
        var y = tape.NewTensor(output.Rows, output.Columns);
        device.Upload<float>(Noise(x.Value.Count, 1), x.Value.Address);
        forward(tape, x, y);
        // Recorded last, so it runs first, after gradients have been zeroed.
        tape.Record(() => device.Upload<float>(Noise(y.Value.Count, 2), y.Gradient.Address));
        tape.Backward();
        return (Read(y.Value), Read(x.Gradient), store.Gradients.DownloadToHost());

        float[] Read(Matrix matrix)
        {
            var values = new float[matrix.Count];
            device.Download(matrix.Address, values.AsSpan());
            return values;
        }
    }

    private static float[] Noise(long count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, (int)count).Select(_ => (float)((2 * random.NextDouble()) - 1))];
    }
}
