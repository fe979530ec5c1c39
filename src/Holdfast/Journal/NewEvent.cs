namespace Holdfast;

/// <summary>An event that a commit appends to its partition's journal.</summary>
/// <param name="Type">What happened, such as <c>cart-taken</c>. Its bytes and the payload's are at most <see cref="StateLimits.MaxEventBytes"/>.</param>
/// <param name="Payload">What there is to tell of it. Not copied: leave it alone until the commit has ended.</param>
public readonly record struct NewEvent(string Type, ReadOnlyMemory<byte> Payload);
