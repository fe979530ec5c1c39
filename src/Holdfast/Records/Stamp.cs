namespace Holdfast;

/// <summary>
/// A moment of one partition's history: the term in which a reply was given and the revision it told. A client that
/// carries its stamps reads its own writes on any instance, and notices a store that has forgotten something.
/// </summary>
/// <param name="Partition">The partition, from 0.</param>
/// <param name="Term">The server process's tenure of the partition; later terms have higher numbers.</param>
/// <param name="Revision">The partition's revision: the number of the last commit at that moment.</param>
public readonly record struct Stamp(int Partition, long Term, long Revision);
