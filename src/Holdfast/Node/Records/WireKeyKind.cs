namespace Holdfast.Node;

/// <summary>What a key names (docs/wire.md, Keys).</summary>
internal enum WireKeyKind
{
    /// <summary>Nothing that a store holds: such a key does not exist.</summary>
    None,

    /// <summary>A key of other programs than Holdfast.</summary>
    Plain,
    Record,
    Head,
    Journal,
    Client,
    Request,
    Store,
}
