namespace Holdfast;

/// <summary>Something is over a bound of <see cref="StateLimits"/>, or a counter would leave its range. Nothing was changed.</summary>
public sealed class StateLimitException : StateException
{
    /// <summary>Makes the fault.</summary>
    public StateLimitException()
    {
    }

    /// <summary>Makes the fault.</summary>
    public StateLimitException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the fault.</summary>
    public StateLimitException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
