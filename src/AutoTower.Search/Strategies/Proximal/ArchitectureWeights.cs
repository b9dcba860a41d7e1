using AutoTower.Autograd.Random;
using AutoTower.Search.Checkpoints;

namespace AutoTower.Search.Strategies.Proximal;

/// <summary>The continuous architecture weights of NASP, one a choice, gene by gene, each in [0, 1].</summary>
internal sealed class ArchitectureWeights : ICheckpointed
{
    private const ulong InitialSubstream = 2;

    /// <summary>Weights near one half, as the authors start.</summary>
    public ArchitectureWeights(GeneCode genes, ulong seed)
    {
        var random = new CounterRandom(seed, RandomStream.Strategy, InitialSubstream);
        Values = new float[genes.Choices.Sum()];
        foreach (ref var value in Values.AsSpan())
        {
            value = 0.5f + (1e-3f * random.NextNormal());
        }
    }

    /// <summary>The weights.</summary>
    public float[] Values { get; }

    public void Save(CheckpointWriter writer) => writer.Write("weights", [.. Values.Select(value => (double)value)]);

    public void Restore(CheckpointReader reader)
    {
        var saved = reader.Numbers("weights");
        for (var i = 0; i < Values.Length; i++)
        {
            Values[i] = (float)saved[i];
        }
    }
}
