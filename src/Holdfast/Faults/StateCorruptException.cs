namespace Holdfast;

/// <summary>What the store holds does not check out. The message names the file and the offset.</summary>
public sealed class StateCorruptException : StateException
{
    /// <summary>Makes the fault.</summary>
    public StateCorruptException()
    {
    }

    /// <summary>Makes the fault.</summary>
    public StateCorruptException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the fault.</summary>
    public StateCorruptException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
