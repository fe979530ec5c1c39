namespace Holdfast.Embedded;

/// <summary>What the records of a kind take.</summary>
/// <param name="Records">How many there are, those included whose removal is under way.</param>
/// <param name="Bytes">The memory of their newest versions, their places and the index.</param>
internal readonly record struct KindUsage(long Records, long Bytes)
{
    public static KindUsage operator +(KindUsage one, KindUsage other) => new(one.Records + other.Records, one.Bytes + other.Bytes);
}
