namespace Holdfast;

/// <summary>
/// The store has forgotten something that it acknowledged: a stamp is no part of its history, and the options refuse to
/// read on (<see cref="StateEngineOptions.RefuseLostStamps"/>). Repeating does not help; reading without the stamp answers
/// what is left.
/// </summary>
public sealed class StateLostException : StateException
{
    /// <summary>Makes the fault.</summary>
    public StateLostException()
    {
    }

    /// <summary>Makes the fault.</summary>
    public StateLostException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the fault.</summary>
    public StateLostException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes the fault for a stamp.</summary>
    public StateLostException(Stamp stamp, Stamp at)
        : base($"The store has forgotten what it acknowledged in partition {stamp.Partition}: revision {stamp.Revision} of term {stamp.Term} is no part of its history, which is at revision {at.Revision} of term {at.Term}.") =>
        (Lost, At) = (stamp, at);

    /// <summary>What was lost.</summary>
    public Stamp Lost { get; }

    /// <summary>The partition's moment.</summary>
    public Stamp At { get; }
}
