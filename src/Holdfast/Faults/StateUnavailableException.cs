namespace Holdfast;

/// <summary>The store can't be reached, is starting, or did not answer in time. Nothing was changed, unless it is a <see cref="CommitUnknownException"/>.</summary>
public class StateUnavailableException : StateException
{
    /// <summary>Makes the fault.</summary>
    public StateUnavailableException()
    {
    }

    /// <summary>Makes the fault.</summary>
    public StateUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the fault.</summary>
    public StateUnavailableException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <inheritdoc/>
    public override bool IsTransient => true;
}
