using AutoTower.Search.Space;

namespace AutoTower.Search.Export;

/// <summary>A linear layer y = x Wᵀ + b on the host.</summary>
/// <param name="Name">Name of the layer, for example <c>user_tower.blocks.0.mlp-512.hidden</c>.</param>
/// <param name="Input">Width of x.</param>
/// <param name="Output">Width of y.</param>
/// <param name="Weight">W (out, in), row-major.</param>
/// <param name="Bias">b (out), or null.</param>
public sealed record LinearWeights(string Name, int Input, int Output, float[] Weight, float[]? Bias)
{
    /// <summary>Parameters, and multiply-accumulates of one row.</summary>
    public Complexity Cost => new(((long)Input * Output) + (Bias?.Length ?? 0), (long)Input * Output);

    /// <summary>This layer and <paramref name="next"/> behind it as one layer; products are summed in double precision.</summary>
    public LinearWeights Then(LinearWeights next)
    {
        ArgumentNullException.ThrowIfNull(next);
        var weight = new float[next.Output * Input];
        var bias = Bias is null && next.Bias is null ? null : new float[next.Output];
        var row = new double[Input];
        for (var o = 0; o < next.Output; o++)
        {
            Array.Clear(row);
            double shift = next.Bias?[o] ?? 0;
            for (var h = 0; h < Output; h++)
            {
                double factor = next.Weight[(o * Output) + h];
                shift += factor * (Bias?[h] ?? 0);
                for (var i = 0; i < Input; i++)
                {
                    row[i] += factor * Weight[(h * Input) + i];
                }
            }

            for (var i = 0; i < Input; i++)
            {
                weight[(o * Input) + i] = (float)row[i];
            }

            if (bias is not null)
            {
                bias[o] = (float)shift;
            }
        }

        return new LinearWeights($"{Name}+{next.Name.Split('.')[^1]}", Input, next.Output, weight, bias);
    }

    /// <summary>This layer and the batch norm behind it as one layer.</summary>
    public LinearWeights Then(BatchNormWeights norm)
    {
        ArgumentNullException.ThrowIfNull(norm);
        var weight = new float[Weight.Length];
        var bias = new float[Output];
        for (var o = 0; o < Output; o++)
        {
            var factor = norm.Weight[o] / Math.Sqrt(norm.RunningVariance[o] + BatchNormWeights.Epsilon);
            bias[o] = (float)((((double)(Bias?[o] ?? 0) - norm.RunningMean[o]) * factor) + norm.Bias[o]);
            for (var i = 0; i < Input; i++)
            {
                weight[(o * Input) + i] = (float)(factor * Weight[(o * Input) + i]);
            }
        }

        return new LinearWeights(Name, Input, Output, weight, bias);
    }
}
