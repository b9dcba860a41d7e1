using AutoTower.Search.Space;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AutoTower.Bench.Torch;

/// <summary>A part of the TorchSharp model with its modules, and what it computes for one example (conventions of SPEC.md's cost model).</summary>
internal abstract class TorchLayer : IDisposable
{
    private readonly List<nn.Module> _modules = [];
    private readonly List<Parameter> _loose = [];

    public IEnumerable<Parameter> Parameters => _modules.SelectMany(module => module.parameters()).Concat(_loose);

    public Complexity Cost => new(Parameters.Sum(parameter => parameter.numel()), MultiplyAccumulates);

    /// <summary>Multiply-accumulates, from the shapes of the modules.</summary>
    protected abstract long MultiplyAccumulates { get; }

    public virtual void Dispose()
    {
        foreach (var module in _modules)
        {
            module.Dispose();
        }

        foreach (var parameter in _loose)
        {
            parameter.Dispose();
        }
    }

    protected static long Products(Linear linear) => linear.weight.numel();

    /// <summary>A linear layer, uniform in +-1/sqrt(fan-in) as is PyTorch's default and SPEC.md's choice.</summary>
    protected Linear AddLinear(long input, long output, bool bias = true) => Add(nn.Linear(input, output, bias));

    protected T Add<T>(T module)
        where T : nn.Module
    {
        _modules.Add(module);
        return module;
    }

    protected Parameter Add(Tensor values)
    {
        var parameter = new Parameter(values);
        _loose.Add(parameter);
        return parameter;
    }
}
