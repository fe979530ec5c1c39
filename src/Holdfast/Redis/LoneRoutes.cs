namespace Holdfast.Redis;

/// <summary>A store on one server at a time: stand-alone, the node, or whichever the sentinels call the master.</summary>
internal sealed class LoneRoutes : StoreRoutes
{
    private readonly StoreNode node;
    private readonly SentinelGroup? sentinels;

    public LoneRoutes(RedisAddress address, StoreView view, SignalTable signals, StateEngineOptions options)
    {
        sentinels = address.ServiceName is null ? null : new SentinelGroup(address, options);
        var link = new StoreLink(this, view, signals, options);
        var turn = -1;
        Func<CancellationToken, ValueTask<RedisAddress>> find = sentinels is null
            ? _ => ValueTask.FromResult(address.At(address.Places[++turn % address.Places.Count]))
            : sentinels.FindAsync;
        IsOneServer = sentinels is null && address.Places.Count == 1;
        node = new StoreNode(link, new LinkKeeper(address, find, link, view, options, isCluster: false));
        Nodes = [node];
        view.Cache.Assign([.. Enumerable.Range(0, options.PartitionCount).Select(partition => (partition, link.Feed))]);
    }

    public override IReadOnlyList<StoreNode> Nodes { get; }

    public override string Kind => "";

    public override bool MayFailOver => sentinels is not null;

    public override bool IsOneServer { get; }

    public override async Task OpenAsync(long deadline, CancellationToken cancellationToken)
    {
        await node.Keeper.OpenAsync(deadline, cancellationToken).ConfigureAwait(false);
        sentinels?.Follow(node);
    }

    public override StoreNode NodeOf(int partition) => node;

    public override void Submit(StoreCall call) => node.Link.Submit(call);

    public override StateUnavailableException Unavailable(int partition) => node.Link.Unavailable();

    public override async ValueTask DisposeAsync()
    {
        await node.DisposeAsync().ConfigureAwait(false);
        if (sentinels is not null)
        {
            await sentinels.DisposeAsync().ConfigureAwait(false);
        }
    }
}
