using System.Runtime.InteropServices;
using AutoTower.Kernels.Launch;
using AutoTower.Kernels.Memory;

namespace AutoTower.Kernels.Tests.Launch;

public unsafe class KernelArgumentsTests
{
    [StructLayout(LayoutKind.Sequential)]
    private struct Shape
    {
        public int Rows;
        public long Columns;
    }

    [Fact]
    public void Values_are_packed_in_order_aligned_and_unchanged()
    {
        var view = new CudaDeviceView<float>(0x7000_1234, 8);
        var shape = new Shape { Rows = 3, Columns = 1L << 40 };
        KernelArguments arguments = new KernelArguments().Add(view).Add(-5).Add(0.25f).Add(7u).Add(1UL << 63).Add((nint)42).Add(shape).Add((byte)9);
        byte* block = stackalloc byte[KernelArguments.MaxBytes];
        void** pointers = stackalloc void*[KernelArguments.MaxCount];

        arguments.WriteTo(block, pointers);

        Assert.Equal(8, arguments.Count);
        Assert.Equal(0x7000_1234, *(nint*)pointers[0]);
        Assert.Equal(-5, *(int*)pointers[1]);
        Assert.Equal(0.25f, *(float*)pointers[2]);
        Assert.Equal(7u, *(uint*)pointers[3]);
        Assert.Equal(1UL << 63, *(ulong*)pointers[4]);
        Assert.Equal(42, *(nint*)pointers[5]);
        Assert.Equal(shape, *(Shape*)pointers[6]);
        Assert.Equal(9, *(byte*)pointers[7]);
        int[] expectedSizes = [8, 4, 4, 4, 8, 8, 16, 1];
        for (int i = 0; i < arguments.Count; i++)
        {
            Assert.Equal(0, ((byte*)pointers[i] - block) % KernelArguments.Alignment);
            Assert.Equal(expectedSizes[i], arguments.SizeOf(i));
        }
    }

    [Fact]
    public void Adding_costs_no_allocation()
    {
        static int Build(int value) => new KernelArguments().Add(value).Add((nint)value).Add(1f).Count;
        Build(1);
        long before = GC.GetAllocatedBytesForCurrentThread();

        int count = Build(2);

        Assert.Equal((3, 0), (count, GC.GetAllocatedBytesForCurrentThread() - before));
    }

    [Fact]
    public void Too_many_arguments_are_refused() => Assert.Throws<InvalidOperationException>(() =>
    {
        var arguments = new KernelArguments();
        for (int i = 0; i <= KernelArguments.MaxCount; i++)
        {
            arguments.Add(i);
        }
    });

    [Fact]
    public void Too_many_bytes_are_refused() => Assert.Throws<InvalidOperationException>(() =>
    {
        var arguments = new KernelArguments();
        for (int i = 0; i < KernelArguments.MaxCount; i++)
        {
            arguments.Add(new CUdataOf32Bytes());
        }
    });

    [Fact]
    public void A_wrong_count_is_named() => Assert.Equal("Kernel add takes 2 arguments, 1 were given.",
        KernelSignature.Mismatch("add", [8, 4], new KernelArguments().Add((nint)0)));

    [Fact]
    public void A_wrong_size_is_named_by_position() => Assert.Equal("Argument 2 of kernel add has 4 bytes, a value of 8 bytes was given.",
        KernelSignature.Mismatch("add", [8, 4], new KernelArguments().Add((nint)0).Add(0.5)));

    [Fact]
    public void A_fitting_list_passes() => Assert.Null(KernelSignature.Mismatch("add", [8, 4], new KernelArguments().Add((nint)0).Add(0.5f)));

    [Theory]
    [InlineData(1, 256, 1)]
    [InlineData(256, 256, 1)]
    [InlineData(257, 256, 2)]
    public void Cover_rounds_up(long elements, int perBlock, int blocks) => Assert.Equal(new Dim3(blocks), Dim3.Cover(elements, perBlock));

    [StructLayout(LayoutKind.Sequential)]
    private struct CUdataOf32Bytes
    {
        public long A;
        public long B;
        public long C;
        public long D;
    }
}
