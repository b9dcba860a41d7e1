using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Search.Cost;
using AutoTower.Search.Data;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Search.Training;

namespace AutoTower.Bench.Supernet;

/// <summary>The supernet of AutoTower on its CPU device.</summary>
internal sealed class AutoTowerSupernet : ISupernet
{
    private readonly CpuDevice _device;
    private readonly DeviceDataset _data;
    private readonly TwoTowerModel _model;
    private readonly TrainingStep _step;

    public AutoTowerSupernet(Dataset dataset, int threads)
    {
        _device = new CpuDevice(threads);
        _data = new DeviceDataset(_device, dataset);
        _model = new TwoTowerModel(_data, BenchmarkWorld.Space, BenchmarkWorld.Shape, BenchmarkWorld.Seed);
        var pool = _data.Upload([.. Enumerable.Range(0, dataset.Interactions.Count)], "pool");
        _step = new TrainingStep(_model, pool, BenchmarkWorld.Options, BenchmarkWorld.Seed);
    }

    public void Step(Architecture path) => _step.Run(_model.At(path));

    public float ReadLoss() => _step.ReadLoss();

    /// <summary>Parameters are counted in the groups that a step updates, multiply-accumulates are those of the cost model.</summary>
    public Complexity CostOf(Architecture path)
    {
        var parameters = _model.Path(path).Where(group => !group.Name.EndsWith("_embeddings", StringComparison.Ordinal)).Sum(group => group.Count);
        var cost = CostModel.Of(path, BenchmarkWorld.Shape, CostConvention.Actual).Total;
        return cost with { Parameters = parameters };
    }

    public void Dispose()
    {
        _step.Dispose();
        _model.Dispose();
        _data.Dispose();
        _device.Dispose();
    }
}
