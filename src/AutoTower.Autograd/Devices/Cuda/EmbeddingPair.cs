using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>One of two gathers, laid out as Entities in embedding.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EmbeddingEntities
{
    public EmbeddingFields Fields;
    public IntegerArray Ids;
    public Matrix Output;
    public int RowsPerBlock;
    public int Copies;
    public int Blocks;
}

/// <summary>The argument of a launch of two gathers, laid out as EntityPair.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EmbeddingPair
{
    public Both Of;

    [InlineArray(2)]
    public struct Both
    {
        private EmbeddingEntities _first;
    }
}
