using AutoTower.Autograd.Parameters;
using AutoTower.Tests.Mathematics;

namespace AutoTower.Search.Tests.Supernet;

/// <summary>The values of a store in double under the names that they are saved by, with the gradients beside them.</summary>
internal sealed class NamedWeights
{
    private readonly Dictionary<string, (DoubleMatrix Value, float[] Gradient)> _parts = [];

    public NamedWeights(ParameterStore store)
    {
        var gradients = store.Gradients.DownloadToHost();
        foreach (var group in store.Groups)
        {
            foreach (var parameter in group.Parameters)
            {
                foreach (var part in parameter.Parts)
                {
                    var columns = part.IsVector ? 1 : parameter.Columns;
                    var values = ParameterStore.DownloadPart(store.Values.Device, parameter, part);
                    var gradient = gradients.AsSpan((int)parameter.Offset + (part.FirstRow * columns), part.Rows * columns).ToArray();
                    var shape = part.IsVector ? (1, part.Rows) : (part.Rows, columns);
                    _parts.Add(part.Name, (new DoubleMatrix(shape.Item1, shape.Item2, values), gradient));
                }
            }
        }
    }

    /// <summary>The largest gradient of any parameter.</summary>
    public float LargestGradient => _parts.Values.Max(part => GradientComparison.Largest(part.Gradient));

    public DoubleMatrix this[string name] => _parts[name].Value;

    /// <summary>
    /// Compares the gradients of all parts with central differences of <paramref name="loss"/>, which reads the values through this object.
    /// </summary>
    public void CheckGradients(Func<double> loss, int samples)
    {
        foreach (var (name, (value, gradient)) in _parts)
        {
            GradientComparison.Check(name, loss, value.Data, gradient, samples, LargestGradient);
        }
    }
}
