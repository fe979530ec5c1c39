namespace Holdfast.Tests.Embedded.Simulation;

/// <summary>A commit that the simulation made, and what its partition's records hold after it.</summary>
internal sealed record ModelCommit(int Partition, long Revision, Commit Commit, Durability Durability, Task Durable, Dictionary<string, ModelRecord> After);
