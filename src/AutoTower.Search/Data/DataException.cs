namespace AutoTower.Search.Data;

/// <summary>
/// Input that cannot be used: the message is one sentence that names the file (and line) or the option and says what would be right.
/// </summary>
public sealed class DataException : Exception
{
    /// <summary>An exception with that one sentence.</summary>
    /// <param name="message">The sentence shown to the user.</param>
    public DataException(string message)
        : base(message)
    {
    }
}
