using Holdfast.Cli.Prove.Scenarios;

namespace Holdfast.Cli.Prove.Runs;

/// <summary>One request of a walk.</summary>
/// <param name="Ordinal">Its place in the whole walk, from 0, which it keeps when others are left out.</param>
/// <param name="Step">The step that it takes.</param>
/// <param name="Group">The number of the group that is sent at once where concurrency is tested.</param>
internal sealed record WalkRequest(int Ordinal, Step Step, int Group);
