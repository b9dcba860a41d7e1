using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Memory;
using AutoTower.Search.Data;
using AutoTower.Search.Export;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Search.Tests.Training;
using AutoTower.Search.Training;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace AutoTower.Search.Tests.Export;

/// <summary>A model trained for a few steps, so that running statistics are not trivial, and its exported towers in ONNX Runtime.</summary>
internal sealed class ExportedModel : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("autotower-onnx-");
    private readonly TwoTowerModel _model;
    private readonly Architecture _architecture;

    public ExportedModel(SmallWorld world, string architecture, bool fold, SearchSpace? space = null)
    {
        _architecture = Architecture.Parse(architecture);
        _model = new TwoTowerModel(world.Experiment.Data, space ?? SearchSpace.Only(_architecture), world.Experiment.Shape, seed: 3);
        using var step = new TrainingStep(_model, world.Experiment.Train, SmallWorld.Options, seed: 3);
        for (var i = 0; i < 6; i++)
        {
            step.Run(_model.At(_architecture));
        }

        Report = OnnxExport.Write(_folder.FullName, _model, _architecture, fold);
    }

    public ExportReport Report { get; }

    public TwoTowerModel Model => _model;

    public string File(string name) => Path.Combine(_folder.FullName, name);

    public void Dispose()
    {
        _model.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>Vectors of the users of some interactions, with the histories before them: ours and ONNX Runtime's.</summary>
    public (float[] Ours, float[] Theirs) Users(int[] interactions)
    {
        var device = _model.Device;
        using var arena = new Arena(device, "export test");
        using var memory = new DeviceBatch(device, interactions.Length, _model.Shape.HistoryLength);
        var batch = memory.Arrays(interactions.Length);
        device.Batches.Assemble(_model.Data.Interactions, Upload(arena, interactions), batch);
        var ours = Download(_model.Users(new Tape(arena, ForwardMode.Inference), _architecture, batch).Representation);

        var history = Download(batch.History);
        int[] shape = [interactions.Length, _model.Shape.HistoryLength];
        var inputs = Fields(_model.Data.Dataset.Users, Download(batch.Users));
        inputs.Add(Input("history", shape, history.Select(item => (long)item)));
        inputs.Add(Input("history_mask", shape, history.Select(item => item != 0)));
        return (ours, Run("user", inputs));
    }

    /// <summary>Vectors of items: ours and ONNX Runtime's.</summary>
    public (float[] Ours, float[] Theirs) Items(int[] items)
    {
        using var arena = new Arena(_model.Device, "export test");
        var ours = Download(_model.Items(new Tape(arena, ForwardMode.Inference), _architecture, Upload(arena, items)).Representation);
        return (ours, Run("item", Fields(_model.Data.Dataset.Items, items)));
    }

    public float[] Run(string entity, IReadOnlyCollection<NamedOnnxValue> inputs)
    {
        using var session = new InferenceSession(File($"{entity}_tower.onnx"));
        using var results = session.Run(inputs);
        return [.. Assert.Single(results).AsTensor<float>()];
    }

    public static NamedOnnxValue Input<T>(string name, int[] shape, IEnumerable<T> values) =>
        NamedOnnxValue.CreateFromTensor(name, new DenseTensor<T>(values.ToArray(), shape));

    /// <summary>The inputs of entities, multi-valued fields padded with row 0 to the longest.</summary>
    public static List<NamedOnnxValue> Fields(FeatureTable table, int[] ids)
    {
        var inputs = new List<NamedOnnxValue>();
        foreach (var field in table.Fields)
        {
            var name = field.Name.Replace(' ', '_');
            if (!field.IsMultiValued)
            {
                inputs.Add(Input(name, [ids.Length], ids.Select(id => (long)field.Values[id])));
                continue;
            }

            var lists = ids.Select(id => field.Values[field.Offsets[id]..field.Offsets[id + 1]]).ToArray();
            var longest = Math.Max(1, lists.Max(list => list.Length));
            var places = Enumerable.Range(0, longest);
            inputs.Add(Input(name, [ids.Length, longest], lists.SelectMany(list => places.Select(i => i < list.Length ? (long)list[i] : 0))));
            inputs.Add(Input(name + "_mask", [ids.Length, longest], lists.SelectMany(list => places.Select(i => i < list.Length))));
        }

        return inputs;
    }

    private static IntegerArray Upload(Arena arena, int[] values)
    {
        var array = arena.NewIntegers(values.Length);
        arena.Device.Upload<int>(values, array.Address);
        return array;
    }

    private int[] Download(IntegerArray array)
    {
        var values = new int[array.Length];
        _model.Device.Download(array.Address, values.AsSpan());
        return values;
    }

    private float[] Download(Autograd.Tensor tensor)
    {
        var values = new float[tensor.Rows * tensor.Columns];
        _model.Device.Download(tensor.Value.Address, values.AsSpan());
        return values;
    }
}
