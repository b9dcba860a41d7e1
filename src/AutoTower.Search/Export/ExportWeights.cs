using AutoTower.Autograd.Parameters;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Supernet;

namespace AutoTower.Search.Export;

/// <summary>A model's tensors by name, seen from one of its parts.</summary>
public sealed class ExportWeights
{
    private readonly IReadOnlyDictionary<string, NamedTensor> _tensors;
    private readonly string _prefix;

    private ExportWeights(IReadOnlyDictionary<string, NamedTensor> tensors, string prefix)
    {
        _tensors = tensors;
        _prefix = prefix;
    }

    /// <summary>Copies all of a model's weights to the host. Waits for the device.</summary>
    public static ExportWeights Of(TwoTowerModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new ExportWeights(ModelWeights.Download(model).ToDictionary(tensor => tensor.Name), string.Empty);
    }

    /// <summary>The tensors whose names begin with <paramref name="part"/> and a dot.</summary>
    public ExportWeights Part(string part) => new(_tensors, Qualify(part) + ".");

    /// <summary>A tensor.</summary>
    /// <exception cref="KeyNotFoundException">The model has none of that name.</exception>
    public NamedTensor Tensor(string name) => _tensors.TryGetValue(Qualify(name), out var tensor)
        ? tensor
        : throw new KeyNotFoundException($"The model has no tensor named {Qualify(name)}.");

    /// <summary>A linear layer.</summary>
    public LinearWeights Linear(string name)
    {
        var weight = Tensor(name + ".weight");
        var bias = _tensors.GetValueOrDefault(Qualify(name + ".bias"));
        return new LinearWeights(Qualify(name), weight.Shape[1], weight.Shape[0], weight.Values, bias?.Values);
    }

    /// <summary>A batch norm layer.</summary>
    public BatchNormWeights BatchNorm(string name) => new(
        Qualify(name),
        Tensor(name + ".weight").Values,
        Tensor(name + ".bias").Values,
        Tensor(name + ".running_mean").Values,
        Tensor(name + ".running_var").Values);

    private string Qualify(string name) => _prefix + name;
}
