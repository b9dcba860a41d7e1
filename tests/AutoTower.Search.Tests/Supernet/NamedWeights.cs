using AutoTower.Autograd.Parameters;
using AutoTower.Tests.Mathematics;

namespace AutoTower.Search.Tests.Supernet;

/// <summary>The values of a store in double under the names that they are saved by, with the gradients beside them.</summary>
internal sealed class NamedWeights
{
    private readonly Dictionary<string, (DoubleMatrix Value, float[] Gradient)> _parts = [];
    private readonly Dictionary<string, DoubleMatrix> _constants = [];

    public NamedWeights(ParameterStore store)
    {
        var gradients = store.Gradients.DownloadToHost();
        foreach (var group in store.Groups)
        {
            foreach (var (parameter, part) in Parts(group.Parameters))
            {
                var value = Download(store, parameter, part);
                var gradient = gradients.AsSpan((int)parameter.Offset + (part.FirstRow * (part.IsVector ? 1 : parameter.Columns)), value.Data.Length);
                _parts.Add(part.Name, (value, gradient.ToArray()));
            }

            foreach (var (parameter, part) in Parts(group.Buffers))
            {
                _constants.Add(part.Name, Download(store, parameter, part));
            }
        }
    }

    /// <summary>The largest gradient of any parameter.</summary>
    public float LargestGradient => _parts.Values.Max(part => GradientComparison.Largest(part.Gradient));

    public DoubleMatrix this[string name] => _parts.TryGetValue(name, out var part) ? part.Value : _constants[name];

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

    private static IEnumerable<(Parameter Parameter, ParameterPart Part)> Parts(IEnumerable<Parameter> parameters) =>
        parameters.SelectMany(parameter => parameter.Parts.Select(part => (parameter, part)));

    private static DoubleMatrix Download(ParameterStore store, Parameter parameter, ParameterPart part) => new(
        part.IsVector ? 1 : part.Rows,
        part.IsVector ? part.Rows : parameter.Columns,
        ParameterStore.DownloadPart(store.Values.Device, parameter, part));
}
