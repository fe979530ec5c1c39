namespace Holdfast;

/// <summary>An event of a partition's journal.</summary>
/// <param name="Position">Where it stands.</param>
/// <param name="Time">When its commit was made, by the store's clock; for retention and for people, never for order.</param>
/// <param name="Type">What happened.</param>
/// <param name="Payload">What there is to tell of it. Shared: do not write to it.</param>
public sealed record JournalEvent(JournalPosition Position, DateTimeOffset Time, string Type, ReadOnlyMemory<byte> Payload);
