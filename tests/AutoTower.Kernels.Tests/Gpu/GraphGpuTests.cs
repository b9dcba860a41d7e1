using AutoTower.Kernels.Graphs;
using AutoTower.Kernels.Launch;
using AutoTower.Kernels.Memory;
using AutoTower.Kernels.Streams;

namespace AutoTower.Kernels.Tests.Gpu;

public class GraphGpuTests : GpuTest
{
    private const string Source = """
        typedef unsigned long long cudaGraphConditionalHandle;
        extern "C" __device__ __cudart_builtin__ void cudaGraphSetConditional(cudaGraphConditionalHandle handle, unsigned int value);
        extern "C" __global__ void add(int* value, int amount) { *value += amount; }
        extern "C" __global__ void add_below(int* value, int amount, int limit, cudaGraphConditionalHandle handle) {
            *value += amount;
            cudaGraphSetConditional(handle, *value < limit);
        }
        extern "C" __global__ void decide(const int* value, cudaGraphConditionalHandle handle) { cudaGraphSetConditional(handle, *value); }
        """;

    [Fact]
    public void A_captured_graph_runs_at_each_launch_and_not_while_captured()
    {
        using CudaModule module = Compile(Source);
        CudaKernel add = module.GetKernel("add");
        using CudaDeviceVariable<int> value = Upload([0]);

        using CudaGraph graph = CudaGraph.Capture(Stream, () =>
        {
            Assert.True(Stream.IsCapturing);
            for (int i = 1; i <= 10; i++)
            {
                add.Launch(Stream, 1, 1, 0, new KernelArguments().Add(value).Add(i));
            }
        });
        Assert.Equal([0], Read(value));
        Assert.Equal(10, graph.NodeCount);
        using CudaGraphExec executable = graph.Instantiate();
        executable.Upload(Stream);
        executable.Launch(Stream);
        executable.Launch(Stream);

        Assert.False(Stream.IsCapturing);
        Assert.Equal([110], Read(value));
    }

    [Fact]
    public void A_failed_capture_leaves_the_stream_usable()
    {
        using CudaModule module = Compile(Source);
        using CudaDeviceVariable<int> value = Upload([1]);

        Assert.Throws<InvalidOperationException>(() => CudaGraph.Capture(Stream, () => throw new InvalidOperationException("stop")));
        Assert.Throws<InvalidOperationException>(() => CudaGraph.Capture(Stream, () => Pool.Allocate<int>(1, "inside a capture")));

        Assert.False(Stream.IsCapturing);
        module.GetKernel("add").Launch(Stream, 1, 1, 0, new KernelArguments().Add(value).Add(1));
        Assert.Equal([2], Read(value));
    }

    [Fact]
    public void A_built_graph_keeps_its_dependencies()
    {
        using CudaModule module = Compile(Source);
        CudaKernel add = module.GetKernel("add");
        using CudaDeviceVariable<int> value = Upload([0]);
        using var graph = new CudaGraph(Context);

        CudaGraphNode first = graph.AddKernel(add, 1, 1, 0, new KernelArguments().Add(value).Add(1));
        CudaGraphNode second = graph.AddKernel(add, 1, 1, 0, new KernelArguments().Add(value).Add(2), first);
        graph.AddKernel(add, 1, 1, 0, new KernelArguments().Add(value).Add(4), second);
        using CudaGraphExec executable = graph.Instantiate();
        executable.Launch(Stream);

        Assert.Equal(3, graph.NodeCount);
        Assert.Equal([7], Read(value));
    }

    [Fact]
    public void A_built_while_node_loops_on_the_device()
    {
        Assert.SkipUnless(Context.SupportsConditionalNodes, "conditional nodes need a driver of CUDA 12.3");
        using CudaModule module = Compile(Source);
        using CudaDeviceVariable<int> value = Upload([0]);
        using var graph = new CudaGraph(Context);

        CudaConditionalHandle handle = graph.CreateConditionalHandle(valueAtLaunch: 1);
        CudaGraphNode loop = graph.AddConditional(CudaConditionalKind.While, handle, out CudaGraph body);
        body.AddKernel(module.GetKernel("add_below"), 1, 1, 0, new KernelArguments().Add(value).Add(3).Add(100).Add(handle));
        graph.AddKernel(module.GetKernel("add"), 1, 1, 0, new KernelArguments().Add(value).Add(1000), loop);
        using CudaGraphExec executable = graph.Instantiate();
        executable.Launch(Stream);

        Assert.Equal([1102], Read(value));
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(1, 16)]
    public void A_captured_if_node_follows_the_value(int condition, int expected)
    {
        Assert.SkipUnless(Context.SupportsConditionalNodes, "conditional nodes need a driver of CUDA 12.3");
        using CudaModule module = Compile(Source);
        CudaKernel add = module.GetKernel("add");
        CudaKernel decide = module.GetKernel("decide");
        using var bodyStream = new CudaStream(Context);
        using CudaDeviceVariable<int> asked = Upload([condition]);
        using CudaDeviceVariable<int> value = Upload([0]);

        using CudaGraph graph = CudaGraph.Capture(Stream, () =>
        {
            CudaConditionalHandle handle = Stream.CreateConditionalHandle();
            add.Launch(Stream, 1, 1, 0, new KernelArguments().Add(value).Add(3));
            decide.Launch(Stream, 1, 1, 0, new KernelArguments().Add(asked).Add(handle));
            Stream.CaptureConditional(CudaConditionalKind.If, handle, bodyStream, () =>
            {
                add.Launch(bodyStream, 1, 1, 0, new KernelArguments().Add(value).Add(2));
                add.Launch(bodyStream, 1, 1, 0, new KernelArguments().Add(value).Add(4));
            });
            add.Launch(Stream, 1, 1, 0, new KernelArguments().Add(value).Add(7));
        });
        using CudaGraphExec executable = graph.Instantiate();
        executable.Launch(Stream);

        Assert.Equal([expected], Read(value));
    }

    [Fact]
    public void A_conditional_node_outside_a_capture_is_refused()
    {
        Assert.SkipUnless(Context.SupportsConditionalNodes, "conditional nodes need a driver of CUDA 12.3");
        Assert.Throws<InvalidOperationException>(() => Stream.CreateConditionalHandle());
    }
}
