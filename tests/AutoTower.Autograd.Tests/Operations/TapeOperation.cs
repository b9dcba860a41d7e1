using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Memory;
using AutoTower.Autograd.Tests.Devices;
using AutoTower.Tests.Mathematics;

namespace AutoTower.Autograd.Tests.Operations;

/// <summary>
/// An operation of the tape with its definition in double. Values are compared with the definition, gradients with central differences of
/// sum(upstream * definition) where upstream is a random gradient of the outputs.
/// </summary>
/// <param name="Inputs">What it reads; parameters are inputs too.</param>
/// <param name="Outputs">What it writes.</param>
/// <param name="Run">Runs it on the tape.</param>
/// <param name="Definition">Computes the outputs from the inputs.</param>
internal sealed record TapeOperation(
    Operand[] Inputs, Operand[] Outputs, Action<Tape, Tensor[], Tensor[]> Run, Func<DoubleMatrix[], DoubleMatrix[]> Definition)
{
    /// <summary>Gradient elements compared for each input: all of a small one, an even selection of a large one.</summary>
    private const int MostDifferences = 150;

    /// <summary>The step that dropout sees.</summary>
    public const int Step = 5;

    /// <summary>The key of the dropout masks.</summary>
    public const ulong DropoutSeed = 77;

    /// <summary>How close results must be.</summary>
    public Tolerance Tolerance { get; init; } = Tolerance.ShortSums;

    /// <summary>Changes the random contents of the inputs, for ties and the like.</summary>
    public Action<HostMatrix[]>? Prepare { get; init; }

    /// <summary>Compares values and all gradients with the definition.</summary>
    public void Check()
    {
        using var device = new CpuDevice(2);
        var run = new Execution(this, device);
        var inputs = Inputs.Select((operand, i) => new DoubleMatrix(operand.Rows, operand.Columns, run.Contents[i])).ToArray();
        var expected = Definition(inputs);
        for (var o = 0; o < Outputs.Length; o++)
        {
            Assert.Equal((Outputs[o].Rows, Outputs[o].Columns), (expected[o].Rows, expected[o].Columns));
            var actual = run.Outputs[o].Values();
            for (var i = 0; i < actual.Length; i++)
            {
                Tolerance.Check(expected[o].Data[i], actual[i], $"output {o}[{i}]");
            }
        }

        double Weighted() => Definition(inputs).Select((output, o) => output.Data.Select((value, i) => value * run.Upstream[o][i]).Sum()).Sum();
        for (var input = 0; input < Inputs.Length; input++)
        {
            if (!Inputs[input].WantsGradient)
            {
                continue;
            }

            var actual = run.Gradients[input].Values();
            var stride = Math.Max(1, actual.Length / MostDifferences);
            for (var i = 0; i < actual.Length; i += stride)
            {
                var before = Inputs[input].GradientIsAssigned ? 0 : run.GradientsBefore[input][i];
                Tolerance.Check(CentralDifference.Of(Weighted, inputs[input].Data, i), actual[i] - before, $"gradient of input {input}[{i}]");
            }
        }
    }

    /// <summary>Demands the same bits on 1, 2 and 3 threads.</summary>
    public void CheckThreads() => Bits.SameOnAnyNumberOfThreads(device => new Execution(this, device).Results());

    /// <summary>Runs it on <paramref name="device"/> and returns values and gradients for checks of special cases.</summary>
    public Execution ExecuteOn(CpuDevice device) => new(this, device);

    /// <summary>One run, forward and backward, over random contents that depend on nothing but the shapes.</summary>
    internal sealed class Execution
    {
        private readonly TapeOperation _operation;

        public Execution(TapeOperation operation, CpuDevice device)
        {
            _operation = operation;
            var random = new System.Random(operation.Inputs.Aggregate(17, (seed, operand) => (seed * 31) + (operand.Rows * 7) + operand.Columns));
            HostMatrix Draw(Operand operand, float scale) => new(device, operand.Rows, operand.Columns, operand.Gap, random, scale);
            Inputs = [.. operation.Inputs.Select(operand => Draw(operand, operand.Scale))];
            operation.Prepare?.Invoke(Inputs);
            Contents = [.. Inputs.Select(input => input.Values())];
            Gradients = [.. operation.Inputs.Select(operand => Draw(operand, 1))];
            GradientsBefore = [.. Gradients.Select(gradient => gradient.Values())];
            Outputs = [.. operation.Outputs.Select(operand => Draw(operand, operand == Operand.Loss ? 0 : 1))];
            OutputGradients = [.. operation.Outputs.Select(operand => Draw(operand, 1))];
            Upstream = [.. operation.Outputs.Select((operand, o) => operand.WantsGradient ? OutputGradients[o].Values() : [1])];

            using var arena = new Arena(device, "test");
            var tape = new Tape(arena, ForwardMode.Training) { DropoutSeed = DropoutSeed, Clock = new HostIntegers(device, Step).View };
            operation.Run(tape, Tensors(operation.Inputs, Inputs, Gradients), Tensors(operation.Outputs, Outputs, OutputGradients));
            tape.Backward();
        }

        public HostMatrix[] Inputs { get; }

        /// <summary>What the inputs held before the run; some operations overwrite theirs.</summary>
        public float[][] Contents { get; }

        public HostMatrix[] Gradients { get; }

        public float[][] GradientsBefore { get; }

        public HostMatrix[] Outputs { get; }

        public HostMatrix[] OutputGradients { get; }

        public float[][] Upstream { get; }

        /// <summary>All values and gradients.</summary>
        public float[] Results() => [.. Outputs.SelectMany(output => output.Values()), .. Gradients.SelectMany(gradient => gradient.Values())];

        private static Tensor[] Tensors(Operand[] operands, HostMatrix[] values, HostMatrix[] gradients) =>
            [.. operands.Select((operand, i) => new Tensor(values[i].View, operand.WantsGradient ? gradients[i].View : Matrix.None))];
    }
}
