namespace Holdfast.AspNetCore;

/// <summary>Something that happened to a session.</summary>
public sealed record SessionEvent
{
    /// <summary>What happened.</summary>
    public required SessionEventKind Kind { get; init; }

    /// <summary>Stands for the session in events: <see cref="SessionEvents.HandleOf"/> of its id, which can't be told from it.</summary>
    public required string Session { get; init; }

    /// <summary>The user whom the session belonged to; null when nobody had signed in.</summary>
    public string? UserId { get; init; }

    /// <summary>Which of the user's sign-ins it belonged to (<see cref="SignedInSession.Id"/>).</summary>
    public string? SignInId { get; init; }

    /// <summary>Why it was ended; null for other kinds.</summary>
    public SessionEndReason? Reason { get; init; }

    /// <summary>When it was noted, by the store's clock; an expiry is noted some seconds after it.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The partition whose journal holds the event. With <see cref="Position"/> it names the event, for a <see cref="RequestId"/> of what you do about it.</summary>
    public required int Partition { get; init; }

    /// <summary>Where the event stands in the journal; those of one session and its successors are in their order.</summary>
    public required JournalPosition Position { get; init; }
}
