namespace Holdfast.Testing;

/// <summary>One transaction came before another.</summary>
/// <param name="From">The one, as its place in the history.</param>
/// <param name="To">The other.</param>
/// <param name="Kind">Why.</param>
/// <param name="Why">What the other did, to be read after its name.</param>
internal sealed record Relation(int From, int To, RelationKind Kind, string Why);
