using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Operations;

/// <summary>The loss on the tape. Terms add up in a (1, 1) matrix that starts at zero; their gradients start from 1.</summary>
public static class LossOperation
{
    /// <summary>loss += mean of -r_i log softmax(s_i)_i, s = users itemsᵀ / temperature - log p (paper, equations 3 to 5).</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="users">(B, O).</param>
    /// <param name="items">(B, O).</param>
    /// <param name="logProbability">(1, B), or absent for the plain softmax.</param>
    /// <param name="rewards">(1, B), or absent where every r is 1.</param>
    /// <param name="temperature">tau.</param>
    /// <param name="loss">(1, 1).</param>
    public static void BatchSoftmax(
        this Tape tape, Tensor users, Tensor items, Matrix logProbability, Matrix rewards, float temperature, Matrix loss)
    {
        ArgumentNullException.ThrowIfNull(tape);
        if (users.Rows != items.Rows || users.Columns != items.Columns)
        {
            throw new ArgumentException($"Users ({users.Rows}, {users.Columns}) and items ({items.Rows}, {items.Columns}) differ in shape.");
        }

        var kernels = tape.Device.Loss;
        var probabilities = tape.Records ? tape.Arena.NewMatrix(users.Rows, users.Rows) : Matrix.None;
        kernels.BatchSoftmaxForward(users.Value, items.Value, logProbability, rewards, temperature, probabilities, loss);
        tape.Record(() => kernels.BatchSoftmaxBackward(
            users.Value, items.Value, rewards, temperature, probabilities, users.Gradient, items.Gradient));
    }

    /// <summary>loss += coefficient |x|_F.</summary>
    public static void FrobeniusPenalty(this Tape tape, Tensor x, float coefficient, Matrix loss)
    {
        ArgumentNullException.ThrowIfNull(tape);
        var kernels = tape.Device.Loss;
        var norm = tape.Arena.NewMatrix(1, 1);
        kernels.FrobeniusForward(x.Value, coefficient, norm, loss);
        tape.Record(() => kernels.FrobeniusBackward(x.Value, coefficient, norm, x.Gradient));
    }
}
