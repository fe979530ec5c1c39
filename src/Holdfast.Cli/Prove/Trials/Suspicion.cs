using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>A request whose answer differs under a schedule, and the value that shows it best.</summary>
internal sealed record Suspicion(int Ordinal, LeafTally Leaf, Schedule Schedule);
