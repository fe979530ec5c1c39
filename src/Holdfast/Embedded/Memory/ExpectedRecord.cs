namespace Holdfast.Embedded;

/// <summary>A record that will soon be read or written.</summary>
/// <param name="Partition">Its partition.</param>
/// <param name="Hash">The hash of its address.</param>
internal readonly record struct ExpectedRecord(int Partition, uint Hash);
