using AutoTower.Autograd.Parameters;
using AutoTower.Search.Data;
using AutoTower.Search.Models;

namespace AutoTower.Search.Artefacts;

/// <summary>
/// Weights of a model under framework-neutral names, weights as (out, in) row-major, biases and statistics as vectors, for example
/// <c>user_tower.blocks.0.mlp-512.hidden.weight</c>, <c>pooling.self-attention.query.bias</c>, <c>user_embeddings.0.weight</c>.
/// </summary>
public static class ModelWeights
{
    /// <summary>Saves all parameters and running statistics. Waits for the device.</summary>
    public static void Save(string path, ITwoTowerModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        SafeTensors.Write(path, [.. Download(model)], new Dictionary<string, string>
        {
            [model.Architecture is null ? "model" : "architecture"] = model.Name,
            ["data"] = model.Data.Dataset.Name,
        });
    }

    /// <summary>Copies all parameters and running statistics to the host. Waits for the device.</summary>
    public static IEnumerable<NamedTensor> Download(IModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Store.NamedParts().Select(entry => new NamedTensor(
            entry.Part.Name, Shape(entry.Parameter, entry.Part), ParameterStore.DownloadPart(model.Device, entry.Parameter, entry.Part)));
    }

    /// <summary>Loads weights that fit the model's parameters exactly.</summary>
    /// <exception cref="DataException">A tensor is missing or has another shape.</exception>
    public static void Load(string path, IModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var tensors = SafeTensors.Read(path);
        foreach (var (parameter, part) in model.Store.NamedParts())
        {
            var shape = Shape(parameter, part);
            if (!tensors.TryGetValue(part.Name, out var tensor) || !tensor.Shape.SequenceEqual(shape))
            {
                var found = tensor is null ? "is missing" : $"has shape [{string.Join(", ", tensor.Shape)}]";
                throw new DataException($"{path}: tensor {part.Name} {found}, expected [{string.Join(", ", shape)}].");
            }

            ParameterStore.UploadPart(model.Device, parameter, part, tensor.Values);
        }
    }

    private static int[] Shape(Parameter parameter, ParameterPart part) => part.IsVector ? [part.Rows] : [part.Rows, parameter.Columns];
}
