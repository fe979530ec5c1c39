namespace Holdfast;

/// <summary>
/// The commit was sent, and no answer came within the deadline: it may or may not have been made. Repeating it under
/// the same request id is safe; without one it may take effect twice.
/// </summary>
public sealed class CommitUnknownException : StateUnavailableException
{
    /// <summary>Makes the fault.</summary>
    public CommitUnknownException()
    {
    }

    /// <summary>Makes the fault.</summary>
    public CommitUnknownException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the fault.</summary>
    public CommitUnknownException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
