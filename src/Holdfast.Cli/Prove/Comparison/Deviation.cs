namespace Holdfast.Cli.Prove.Comparison;

/// <summary>A value that is not as undisturbed runs have it.</summary>
/// <param name="Ordinal">The request.</param>
/// <param name="Path">The place in its answer.</param>
/// <param name="Expected">What undisturbed runs have there.</param>
/// <param name="Got">What was there.</param>
internal sealed record Deviation(int Ordinal, string Path, string Expected, string Got);
