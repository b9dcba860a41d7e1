using AutoTower.Autograd.Random;

namespace AutoTower.Autograd.Parameters;

/// <summary>The distribution that initial values of a parameter are drawn from (SPEC.md, Model).</summary>
public abstract record Initialiser
{
    /// <summary>Random words that a value takes: where the words of a value in the middle begin.</summary>
    public abstract int WordsAValue { get; }

    /// <summary>Fills <paramref name="values"/> (rows x columns, row-major).</summary>
    public abstract void Fill(Span<float> values, CounterRandom random);

    /// <summary>Every value the same.</summary>
    /// <param name="Value">The value.</param>
    public sealed record Constant(float Value) : Initialiser
    {
        /// <inheritdoc/>
        public override int WordsAValue => 0;

        /// <inheritdoc/>
        public override void Fill(Span<float> values, CounterRandom random) => values.Fill(Value);
    }

    /// <summary>Uniform in [-<paramref name="Bound"/>, <paramref name="Bound"/>).</summary>
    /// <param name="Bound">Half the width of the interval.</param>
    public sealed record Uniform(float Bound) : Initialiser
    {
        /// <summary>+-1/sqrt(fan-in), for the weight and bias of a linear layer.</summary>
        public static Uniform FanIn(int fanIn) => new(1f / MathF.Sqrt(fanIn));

        /// <summary>Xavier: +-sqrt(6 / (rows + columns)).</summary>
        public static Uniform Xavier(int rows, int columns) => new(MathF.Sqrt(6f / ((float)rows + columns)));

        /// <inheritdoc/>
        public override int WordsAValue => 1;

        /// <inheritdoc/>
        public override void Fill(Span<float> values, CounterRandom random)
        {
            ArgumentNullException.ThrowIfNull(random);
            random.NextUniforms(values);
            foreach (ref var value in values)
            {
                value = ((2f * value) - 1f) * Bound;
            }
        }
    }

    /// <summary>Normal with mean 0 and standard deviation 1.</summary>
    public sealed record StandardNormal : Initialiser
    {
        /// <inheritdoc/>
        public override int WordsAValue => 2;

        /// <inheritdoc/>
        public override void Fill(Span<float> values, CounterRandom random)
        {
            ArgumentNullException.ThrowIfNull(random);
            foreach (ref var value in values)
            {
                value = random.NextNormal();
            }
        }
    }
}
