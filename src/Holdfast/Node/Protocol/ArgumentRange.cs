namespace Holdfast.Node;

/// <summary>Where an argument stands, counted from the command's first byte.</summary>
internal readonly record struct ArgumentRange(int Offset, int Length);
