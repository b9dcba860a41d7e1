using AutoTower.Autograd.Memory;

namespace AutoTower.Autograd.Devices.Kernels;

/// <summary>What a fused tower keeps of one block: forward results that backward reads, and their gradients.</summary>
/// <param name="First">MLP: hidden (rows, h); element-wise: reduced (rows, D); self-attention: projections (rows, n*4*H*A).</param>
/// <param name="Second">Self-attention: attended (rows, n*H*A).</param>
/// <param name="FirstGradient">Gradient of hidden or projections.</param>
/// <param name="Output">(rows, O) before batch norm and ReLU; absent in the last block.</param>
/// <param name="OutputGradient">Its gradient.</param>
/// <param name="Statistics">(groups, 2*O): mean and inverse standard deviation of each group.</param>
public readonly record struct BlockActivations(
    Matrix First, Matrix Second, Matrix FirstGradient, Matrix Output, Matrix OutputGradient, Matrix Statistics);

/// <summary>A regulariser on a tower's input: loss += coefficient |first columns|_F (SPEC.md, Loss and training).</summary>
/// <param name="Columns">Columns of the input that count: the entity's own embeddings.</param>
/// <param name="Coefficient">Factor of the norm.</param>
/// <param name="Loss">(1, 1), accumulated.</param>
/// <param name="Norm">(1, 1), assigned.</param>
/// <param name="Partials">(1, at least rows / 16), assigned: sums of squares.</param>
public readonly record struct TowerPenalty(int Columns, float Coefficient, Matrix Loss, Matrix Norm, Matrix Partials);

/// <summary>The memory of one pass of one fused tower, taken from an arena. rows = groups x batch; batch norm runs over each group apart.</summary>
public sealed class TowerActivations
{
    private TowerActivations(TowerPath path, Tensor input, int groups)
    {
        Path = path;
        Input = input;
        Groups = groups;
        Blocks = new BlockActivations[path.Blocks.Count];
    }

    /// <summary>The path.</summary>
    public TowerPath Path { get; }

    /// <summary>(rows, in).</summary>
    public Tensor Input { get; }

    /// <summary>Batches that are processed side by side.</summary>
    public int Groups { get; }

    /// <summary>Examples of a group.</summary>
    public int Batch => Input.Rows / Groups;

    /// <summary>(rows, N*D): the aligned input and the outputs of all blocks but the last, with gradients when training.</summary>
    public Tensor States { get; private init; }

    /// <summary>(rows, O): the tower's output, rows of length 1, with gradient when training.</summary>
    public Tensor Vectors { get; private init; }

    /// <summary>(rows, 1): lengths before normalising.</summary>
    public Matrix Norms { get; private init; }

    /// <summary>Per block.</summary>
    public BlockActivations[] Blocks { get; }

    /// <summary>The regulariser; no columns where there is none.</summary>
    public TowerPenalty Penalty { get; init; }

    /// <summary>True when a backward pass may follow.</summary>
    public bool IsTraining => Vectors.WantsGradient;

    /// <summary>Takes the memory of a pass over <paramref name="input"/>; all of it is assigned by the pass.</summary>
    /// <param name="arena">Where it is taken from.</param>
    /// <param name="path">The path.</param>
    /// <param name="input">(groups * batch, in).</param>
    /// <param name="groups">Number of batches in <paramref name="input"/>.</param>
    /// <param name="training">Whether a backward pass follows; then groups must be 1.</param>
    /// <param name="penalty">The regulariser, of a path of at least two blocks.</param>
    public static TowerActivations Take(
        Arena arena, TowerPath path, Tensor input, int groups, bool training, TowerPenalty penalty = default)
    {
        ArgumentNullException.ThrowIfNull(arena);
        ArgumentNullException.ThrowIfNull(path);
        var rows = input.Rows;
        var width = path.Alignment.Weight.Rows;
        var output = path.Blocks[^1].Output.Weight.Rows;
        var activations = new TowerActivations(path, input, groups)
        {
            States = Pair(path.Blocks.Count * width),
            Vectors = Pair(output),
            Norms = Saved(1),
            Penalty = penalty,
        };
        for (var i = 0; i < path.Blocks.Count; i++)
        {
            var block = path.Blocks[i];
            var inputs = i + 1;
            var (first, second) = block.Kind switch
            {
                TowerBlockKind.Mlp => (block.Parameter, 0),
                TowerBlockKind.Elementwise => (width, 0),
                _ => (inputs * block.First!.Weight.Rows, block.Output.Weight.Columns),
            };
            var isLast = i == path.Blocks.Count - 1;
            activations.Blocks[i] = new BlockActivations(
                Saved(first),
                Saved(second),
                Saved(block.Kind == TowerBlockKind.Elementwise ? 0 : first),
                isLast ? Matrix.None : arena.NewMatrix(rows, output),
                Saved(output),
                isLast ? Matrix.None : arena.NewMatrix(groups, 2 * output));
        }

        return activations;

        // Gradients are assigned by the first kernel that reaches them, so they need no zeroing.
        Tensor Pair(int columns) => new(arena.NewMatrix(rows, columns), Saved(columns));

        Matrix Saved(int columns) => training && columns > 0 ? arena.NewMatrix(rows, columns) : Matrix.None;
    }
}
