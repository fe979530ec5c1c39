namespace Holdfast.AspNetCore;

/// <summary>What happened to a session.</summary>
public enum SessionEventKind
{
    /// <summary>It was created, or is the successor of one that was renewed.</summary>
    Created,

    /// <summary>It was ended; <see cref="SessionEvent.Reason"/> tells by what.</summary>
    Ended,

    /// <summary>It had not been used for its idle timeout, or was as old as sessions get.</summary>
    Expired,
}
