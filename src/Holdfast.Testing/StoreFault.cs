namespace Holdfast.Testing;

/// <summary>Something bad that can happen to a store, or to the way there, while engines use it.</summary>
/// <param name="Name">What it is, for messages.</param>
/// <param name="HappenAsync">Brings it about, and returns when it is over and the store serves again.</param>
public sealed record StoreFault(string Name, Func<ValueTask> HappenAsync);
