namespace Holdfast.Node;

/// <summary>The arguments of a function don't follow docs/wire.md; the message says where.</summary>
internal sealed class WireArgumentException(string message) : Exception(message);
