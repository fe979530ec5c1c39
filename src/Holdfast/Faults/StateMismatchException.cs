namespace Holdfast;

/// <summary>
/// The store is not one that this version or configuration may use: another format version, partition count or
/// password, or a setting under which it would lose what it acknowledged. The message names the remedy.
/// </summary>
public sealed class StateMismatchException : StateException
{
    /// <summary>Makes the fault.</summary>
    public StateMismatchException()
    {
    }

    /// <summary>Makes the fault.</summary>
    public StateMismatchException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the fault.</summary>
    public StateMismatchException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
