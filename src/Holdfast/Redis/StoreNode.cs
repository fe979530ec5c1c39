namespace Holdfast.Redis;

/// <summary>One server of the store: the way to it, and who keeps it open.</summary>
internal sealed class StoreNode(StoreLink link, LinkKeeper keeper) : IAsyncDisposable
{
    public StoreLink Link { get; } = link;

    public LinkKeeper Keeper { get; } = keeper;

    public ValueTask DisposeAsync() => Keeper.DisposeAsync();
}
