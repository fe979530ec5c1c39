namespace Holdfast.Redis;

/// <summary>Which server a call is for: the one that there is, or in a cluster the primary that has the partition's slot now.</summary>
internal abstract class StoreRoutes : IAsyncDisposable
{
    /// <summary>What is for no partition, such as signals, goes where this partition's calls go.</summary>
    public const int Home = 0;

    /// <summary>Every server that has partitions, or is about to get some; the lone one first and last.</summary>
    public abstract IReadOnlyList<StoreNode> Nodes { get; }

    /// <summary>What kind of store this is beyond its server's name: nothing, or <c>cluster</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>Whether a replica may take a server's place: replication is asynchronous, so what was acknowledged may be lost then.</summary>
    public abstract bool MayFailOver { get; }

    /// <summary>
    /// Whether all calls go to one server by one link: then each connection ends the one before it, and what was sent on that can't come after what is sent on this.
    /// </summary>
    public virtual bool IsOneServer => false;

    /// <summary>Connects, trying until the deadline.</summary>
    /// <exception cref="StateMismatchException">The store is not one to use.</exception>
    /// <exception cref="StateUnavailableException">It was not reached in time.</exception>
    public abstract Task OpenAsync(long deadline, CancellationToken cancellationToken);

    /// <summary>The server of the partition; null while none is known.</summary>
    public abstract StoreNode? NodeOf(int partition);

    /// <summary>Sends the call to where it belongs, or keeps it until it can be sent.</summary>
    public abstract void Submit(StoreCall call);

    /// <summary>Whether the partition's calls go by this link.</summary>
    public bool Leads(int partition, StoreLink link) => NodeOf(partition)?.Link == link;

    /// <summary>A server named another one for the call.</summary>
    public virtual void OnRedirect(StoreLink link, StoreCall call, ErrorReply error) => call.Fail(error.ToException());

    /// <summary>A connection was lost.</summary>
    public virtual void OnLost(StoreLink link)
    {
    }

    /// <summary>Why a call that is for no server did not get through.</summary>
    public abstract StateUnavailableException Unavailable(int partition);

    public abstract ValueTask DisposeAsync();
}
