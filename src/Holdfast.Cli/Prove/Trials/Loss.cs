using Holdfast.Cli.Prove.Comparison;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>A value that is as after fewer writes than were accepted.</summary>
internal sealed record Loss(int Ordinal, string Path, LeafExpectation Expected, string Got);
