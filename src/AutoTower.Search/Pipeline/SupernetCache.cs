using System.Security.Cryptography;
using System.Text;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Data;
using AutoTower.Search.Supernet;

namespace AutoTower.Search.Pipeline;

/// <summary>
/// Trained supernets in a folder. A supernet depends on data, split, seed, sizes, training and device, but neither on limits nor on how it
/// is searched, so searches that differ in these can share one.
/// </summary>
internal sealed class SupernetCache
{
    private readonly string _folder;
    private readonly string _path;

    public SupernetCache(string folder, Experiment experiment, SearchSettings settings)
    {
        _folder = folder;
        var identity = string.Join(
            '\n',
            DatasetDigest.Of(experiment.Dataset),
            experiment.Split.Protocol,
            settings.Seed,
            settings.Steps,
            settings.UserBlocks,
            settings.ItemBlocks,
            experiment.Shape,
            experiment.Fit(settings.Training),
            experiment.Data.Device.Description);
        _path = Path.Combine(folder, $"supernet-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))[..16]}.safetensors");
    }

    /// <summary>Loads the weights into <paramref name="supernet"/>; false where there are none yet.</summary>
    public bool TryLoad(TwoTowerModel supernet)
    {
        if (!File.Exists(_path))
        {
            return false;
        }

        ModelWeights.Load(_path, supernet);
        return true;
    }

    /// <summary>Keeps the weights of <paramref name="supernet"/>.</summary>
    public void Save(TwoTowerModel supernet)
    {
        Directory.CreateDirectory(_folder);
        SafeTensors.Write(_path, [.. ModelWeights.Download(supernet)], new Dictionary<string, string> { ["data"] = supernet.Data.Dataset.Name });
    }
}
