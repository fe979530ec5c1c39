namespace Holdfast.Cli.Prove.Comparison;

/// <summary>A value that differs between undisturbed runs, and is not compared.</summary>
/// <param name="Ordinal">The request.</param>
/// <param name="Path">The place in its answer.</param>
/// <param name="Kind">What is known of it: a time, a random value, something that changes with time or from run to run.</param>
/// <param name="Example">One of the values.</param>
internal sealed record Noise(int Ordinal, string Path, string Kind, string Example);
