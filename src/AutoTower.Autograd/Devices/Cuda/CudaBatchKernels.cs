using System.Runtime.InteropServices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Kernels.Launch;

namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>Launches of batch.cu.</summary>
internal sealed class CudaBatchKernels(CudaEngine engine) : IBatchKernels
{
    private const int Threads = 256;
    private const int ExamplesPerBlock = Threads / 32;

    private readonly CudaKernel _assembleShuffled = engine.Kernel("batch.cu", "batch_assemble_shuffled");
    private readonly CudaKernel _assembleNext = engine.Kernel("batch.cu", "batch_assemble_next");
    private readonly CudaKernel _assemble = engine.Kernel("batch.cu", "batch_assemble");
    private readonly CudaKernel _advance = engine.Kernel("batch.cu", "batch_advance");

    public void AssembleShuffled(InteractionTable table, IntegerArray pool, ulong seed, IntegerArray clock, BatchArrays batch)
    {
        RequireShape(table, batch);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pool.Length);
        var arguments = new KernelArguments();
        arguments.Add(new Interactions(table)).Add(pool).Add(seed).Add(clock.Address).Add(new Batch(batch));
        engine.Launch(_assembleShuffled, Dim3.Cover(batch.Users.Length, ExamplesPerBlock), Threads, 0, arguments);
    }

    public void AssembleNext(InteractionTable table, IntegerArray pool, ulong seed, IntegerArray clock, IntegerArray next, BatchArrays batch)
    {
        RequireShape(table, batch);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pool.Length);
        var arguments = new KernelArguments();
        arguments.Add(new Interactions(table)).Add(pool).Add(seed).Add(clock.Address).Add(next.Address).Add(new Batch(batch));
        engine.LaunchBeside(_assembleNext, Dim3.Cover(batch.Users.Length, ExamplesPerBlock), Threads, 0, arguments);
    }

    public void Assemble(InteractionTable table, IntegerArray interactions, BatchArrays batch)
    {
        RequireShape(table, batch);
        Shape.Require(interactions, batch.Users.Length);
        var arguments = new KernelArguments();
        arguments.Add(new Interactions(table)).Add(interactions).Add(new Batch(batch));
        engine.Launch(_assemble, Dim3.Cover(batch.Users.Length, ExamplesPerBlock), Threads, 0, arguments);
    }

    public void Advance(IntegerArray clock) => engine.Launch(_advance, 1, 32, 0, clock.Address);

    private static void RequireShape(InteractionTable table, BatchArrays batch)
    {
        var size = batch.Users.Length;
        Shape.Require(batch.Items, size);
        Shape.Require(batch.Lengths, size);
        Shape.Require(batch.History, size * table.HistoryLength);
        Shape.RequireIfPresent(batch.Rewards, 1, size);
    }

    /// <summary>Interactions in batch.cu.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Interactions(InteractionTable table)
    {
        private readonly nint _users = table.Users.Address;
        private readonly nint _items = table.Items.Address;
        private readonly nint _userOffsets = table.UserOffsets.Address;
        private readonly nint _weights = table.Weights.Address;
        private readonly int _historyLength = table.HistoryLength;
    }

    /// <summary>Batch in batch.cu.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Batch(BatchArrays arrays)
    {
        private readonly nint _users = arrays.Users.Address;
        private readonly nint _items = arrays.Items.Address;
        private readonly nint _history = arrays.History.Address;
        private readonly nint _lengths = arrays.Lengths.Address;
        private readonly nint _rewards = arrays.Rewards.Address;
        private readonly int _size = arrays.Users.Length;
    }
}
