namespace Holdfast.Bench;

/// <summary>Something that is measured.</summary>
/// <param name="Name">What it is called in the lines that are printed.</param>
/// <param name="Callers">How many callers do it at once.</param>
/// <param name="RunAsync">Does it once, for a caller and its count.</param>
internal sealed record Operation(string Name, int Callers, Func<int, long, ValueTask> RunAsync);
