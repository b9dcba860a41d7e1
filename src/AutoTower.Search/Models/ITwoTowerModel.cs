using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Space;

namespace AutoTower.Search.Models;

/// <summary>
/// What training, ranking and run folders need of a model with a user tower and an item tower: one path through a supernet, or a baseline.
/// </summary>
public interface ITwoTowerModel : IModel
{
    /// <summary>What run folders call it: the text of an architecture, or the name of a baseline.</summary>
    string Name { get; }

    /// <summary>The architecture; null for a baseline.</summary>
    Architecture? Architecture { get; }

    /// <summary>O: width of the vectors.</summary>
    int OutputWidth { get; }

    /// <summary>Vectors that stand for a user; a score is the largest inner product of any of them with the item's vector.</summary>
    int Interests => 1;

    /// <summary>The parameter groups that a step updates; all others stay as they are.</summary>
    IReadOnlyList<ParameterGroup> Groups { get; }

    /// <summary>The rows of embedding tables that a step on <paramref name="batch"/> reads.</summary>
    IReadOnlyList<RowLookup> Rows(BatchArrays batch);

    /// <summary>User vectors (B, interests * O), each of length 1.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="batch">Users and histories.</param>
    Tensor Users(Tape tape, BatchArrays batch);

    /// <summary>Item vectors (B, O), each of length 1.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="items">Item ids (B).</param>
    Tensor Items(Tape tape, IntegerArray items);

    /// <summary>Adds the loss of a batch to that of the objective: corrected batch softmax and regulariser (paper, section 3.3.2).</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="batch">Users, histories and items.</param>
    /// <param name="objective">Correction, temperature, regulariser, and where the loss goes.</param>
    void Loss(Tape tape, BatchArrays batch, TwoTowerObjective objective);
}
