using AutoTower.Search.Cost;
using AutoTower.Search.Data;
using AutoTower.Search.Supernet;

namespace AutoTower.Search.Baselines;

/// <summary>A baseline of a size.</summary>
/// <param name="Name">For example <c>google-dnn-m</c>.</param>
/// <param name="Family">What kind of model it is.</param>
/// <param name="Layers">Widths of its hidden layers.</param>
public sealed record BaselineDefinition(string Name, BaselineFamily Family, IReadOnlyList<int> Layers)
{
    /// <summary>
    /// Units between the two linear layers of BST's transformer: 2,048, which PyTorch takes where nothing is said and which the parameters that
    /// the paper prints for BST come closest with.
    /// </summary>
    public int InnerWidth { get; init; } = 2048;
}

/// <summary>The baselines by name: the paper's models in the sizes of Table 3, and two that nothing is trained for.</summary>
public static class BaselineCatalog
{
    /// <summary>The items with most training interactions, for everybody.</summary>
    public const string MostPopular = "most-popular";

    /// <summary>Item-based nearest neighbours.</summary>
    public const string ItemNeighbours = "item-knn";

    /// <summary>The models that are trained: low, medium and high complexity of each family.</summary>
    public static IReadOnlyList<BaselineDefinition> Trained { get; } =
    [
        .. from family in Families
           from size in new (string Suffix, int[] Layers)[] { ("l", [256, 192, 128]), ("m", [512, 256, 128]), ("h", [1024, 512, 256, 128]) }
           select new BaselineDefinition($"{family.Item1}-{size.Suffix}", family.Item2, size.Layers),
    ];

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Trained.Select(model => model.Name), MostPopular, ItemNeighbours];

    /// <summary>The model that is trained under a name.</summary>
    /// <exception cref="DataException">There is none; one sentence.</exception>
    public static BaselineDefinition Find(string name)
    {
        Require(name);
        return Trained.FirstOrDefault(model => model.Name == name)
            ?? throw new DataException($"The model {name} has no parameters and no vectors; this takes an architecture or {string.Join(", ", Trained.Select(model => model.Name))}.");
    }

    /// <summary>True where nothing is trained for the model.</summary>
    /// <exception cref="ArgumentException">There is no baseline of that name.</exception>
    public static bool IsUntrained(string name)
    {
        Require(name);
        return name is MostPopular or ItemNeighbours;
    }

    /// <summary>An untrained model. The caller owns it.</summary>
    /// <param name="name">One of <see cref="Trained"/>.</param>
    /// <param name="data">The data set, on the device that will hold the model.</param>
    /// <param name="shape">Sizes of inputs and output.</param>
    /// <param name="seed">Seed of the initial values.</param>
    /// <exception cref="DataException">The name stands for no model with parameters.</exception>
    public static Baseline Create(string name, DeviceDataset data, ModelShape shape, ulong seed) => Create(Find(name), data, shape, seed);

    /// <summary>An untrained model with layers of any width. The caller owns it.</summary>
    public static Baseline Create(BaselineDefinition definition, DeviceDataset data, ModelShape shape, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return definition.Family switch
        {
            BaselineFamily.GoogleDnn or BaselineFamily.Senet => new GoogleDnn(definition, data, shape, seed),
            BaselineFamily.Bst => new Bst(definition, data, shape, seed),
            BaselineFamily.Mind => new Mind(definition, data, shape, seed),
            _ => throw new NotSupportedException($"There is no model of family {definition.Family}."),
        };
    }

    private static (string, BaselineFamily)[] Families =>
        [("google-dnn", BaselineFamily.GoogleDnn), ("senet", BaselineFamily.Senet), ("bst", BaselineFamily.Bst), ("mind", BaselineFamily.Mind)];

    private static void Require(string name)
    {
        if (!Names.Contains(name))
        {
            var nearest = NearestNames.Of(name, Names, 3);
            throw new ArgumentException($"There is no model named '{name}'; the nearest names are {string.Join(", ", nearest)}.");
        }
    }
}
