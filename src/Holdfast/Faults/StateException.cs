namespace Holdfast;

/// <summary>A fault of the store or of the way to it. A refused commit is no fault: it is a <see cref="CommitResult"/>.</summary>
public class StateException : Exception
{
    /// <summary>Makes a fault that repeating will not mend.</summary>
    public StateException()
    {
    }

    /// <summary>Makes a fault that repeating will not mend.</summary>
    public StateException(string message)
        : base(message)
    {
    }

    /// <summary>Makes a fault that repeating will not mend.</summary>
    public StateException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the same call may well succeed later.</summary>
    public virtual bool IsTransient => false;
}
