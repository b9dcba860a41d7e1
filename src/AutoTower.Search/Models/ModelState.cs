using AutoTower.Search.Checkpoints;
using AutoTower.Search.Data;

namespace AutoTower.Search.Models;

/// <summary>The parameters and running statistics of a model as checkpoints hold them.</summary>
/// <param name="model">The model.</param>
public sealed class ModelState(IModel model) : ICheckpointed
{
    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write("layout", Layout());
        writer.Write("values", model.Store.Values);
        writer.Write("statistics", model.Store.Buffers);
    }

    /// <inheritdoc/>
    public void Restore(CheckpointReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        if (reader.Text("layout") != Layout())
        {
            throw new DataException($"{reader.Path} holds a model with other parameters than this version of the program gives it.");
        }

        reader.Read("values", model.Store.Values);
        reader.Read("statistics", model.Store.Buffers);
    }

    // Values are saved as one slab; where each parameter lies in it must not have changed.
    private string Layout() => string.Join('\n', model.Store.NamedParts().Select(entry => $"{entry.Part.Name}@{entry.Parameter.Offset}"));
}
