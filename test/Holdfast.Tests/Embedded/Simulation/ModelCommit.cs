namespace Holdfast.Tests.Embedded.Simulation;

/// <summary>A commit that the simulation made, what its partition's records hold after it, and how often there had been an eviction by then.</summary>
internal sealed record ModelCommit(int Partition, long Revision, Commit Commit, Durability Durability, Task Durable, Dictionary<string, ModelRecord> After, int Evictions);
