namespace Holdfast;

/// <summary>The store is out of memory or disk. Nothing was changed; reading goes on.</summary>
public sealed class StateFullException : StateException
{
    /// <summary>Makes the fault.</summary>
    public StateFullException()
    {
    }

    /// <summary>Makes the fault.</summary>
    public StateFullException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the fault.</summary>
    public StateFullException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <inheritdoc/>
    public override bool IsTransient => true;
}
