using System.Collections.Concurrent;

namespace Holdfast.Redis;

/// <summary>
/// A Redis Cluster: one connection to each primary, and each partition's calls, reads, commits and pushes alike, on its
/// primary's. Who that is is asked of one node after the other, every second and whenever a node redirects a call or is
/// lost; a call whose node is not known, or not reached, waits for the next one until its deadline.
/// </summary>
/// <remarks>
/// A partition that gets another primary loses its near cache and its watches are asked for again there. Signals are
/// published to the whole cluster, and all channels are listened to at the primary of partition 0.
/// </remarks>
internal sealed class ClusterRoutes : StoreRoutes
{
    /// <summary>So often in a row a call follows redirections at once; then it takes its time, as the nodes don't agree.</summary>
    private const int MaxHasteMoves = 2;

    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan OpeningStep = TimeSpan.FromMilliseconds(20);

    private readonly RedisAddress address;
    private readonly StoreView view;
    private readonly SignalTable signals;
    private readonly StateEngineOptions options;
    private readonly CancellationTokenSource disposed = new();
    private readonly SemaphoreSlim wanted = new(0);
    private readonly Lock gate = new();
    private readonly SlotTable table;
    private readonly ConcurrentDictionary<RedisPlace, StoreNode> nodes = new();
    private readonly StoreNode?[] byPartition;
    private Task following = Task.CompletedTask;
    private int turn;

    public ClusterRoutes(RedisAddress address, StoreView view, SignalTable signals, StateEngineOptions options)
    {
        (this.address, this.view, this.signals, this.options) = (address, view, signals, options);
        table = new SlotTable(options.PartitionCount);
        byPartition = new StoreNode?[options.PartitionCount];
    }

    public override IReadOnlyList<StoreNode> Nodes => [.. nodes.Values];

    public override string Kind => "cluster";

    public override bool MayFailOver => true;

    public override async Task OpenAsync(long deadline, CancellationToken cancellationToken)
    {
        if (address.Database != 0)
        {
            throw new StateMismatchException($"The Redis Cluster at {address} has database 0 alone: end the connection string without /{address.Database}.");
        }

        following = FollowAsync();
        while (!IsOpen)
        {
            if (byPartition.Select(static node => node?.Link.Trouble).FirstOrDefault(static trouble => trouble is StateMismatchException or StateFullException) is { } refused)
            {
                throw refused;
            }

            if (options.Clock.GetTimestamp() > deadline)
            {
                throw Unavailable(Home);
            }

            await Task.Delay(OpeningStep, options.Clock, cancellationToken).ConfigureAwait(false);
        }
    }

    public override StoreNode? NodeOf(int partition) => Volatile.Read(ref byPartition[partition < 0 ? Home : partition]);

    public override void Submit(StoreCall call)
    {
        if (NodeOf(call.Partition) is { } node)
        {
            node.Link.Submit(call);
        }
        else if (disposed.IsCancellationRequested || options.Clock.GetTimestamp() > call.ExpiresAt)
        {
            call.Fail(Unavailable(call.Partition));
        }
        else
        {
            _ = SubmitLaterAsync(call);
        }
    }

    public override void OnRedirect(StoreLink link, StoreCall call, ErrorReply error)
    {
        var from = nodes.Values.FirstOrDefault(node => node.Link == link);
        if (call.Partition < 0 || from is null || error.RedirectTo(from.Keeper.Place.Host) is not { } place)
        {
            link.RepeatLater(call);
            Refresh();
            return;
        }

        call.TimesMoved++;
        if (error.Code == "ASK")
        {
            call.IsAsking = true;
            NodeAt(place).Link.Submit(call);
            return;
        }

        Move(call.Partition, place);
        Refresh();
        if (call.TimesMoved <= MaxHasteMoves)
        {
            Submit(call);
        }
        else
        {
            call.TimesMoved = 0;
            link.RepeatLater(call);
        }
    }

    public override void OnLost(StoreLink link) => Refresh();

    public override StateUnavailableException Unavailable(int partition)
    {
        if (NodeOf(partition) is { } node)
        {
            return node.Link.Unavailable();
        }

        var trouble = nodes.Values.Select(static other => other.Link.Trouble).FirstOrDefault(static trouble => trouble is not null);
        return new StateUnavailableException(
            $"The Redis Cluster at {address} does not say who has partition {Math.Max(partition, 0)}: its slots must all be covered, and its nodes reachable. {trouble?.Message}", trouble);
    }

    public override async ValueTask DisposeAsync()
    {
        await disposed.CancelAsync().ConfigureAwait(false);
        wanted.Release();
        await following.ConfigureAwait(false);
        foreach (var node in nodes.Values)
        {
            await node.DisposeAsync().ConfigureAwait(false);
        }

        wanted.Dispose();
    }

    private bool IsOpen => Array.TrueForAll(byPartition, static node => node?.Link.IsConnected == true);

    private void Refresh()
    {
        if (!disposed.IsCancellationRequested && wanted.CurrentCount == 0)
        {
            wanted.Release();
        }
    }

    private async Task SubmitLaterAsync(StoreCall call)
    {
        await Task.Delay(OpeningStep, options.Clock).ConfigureAwait(false);
        Submit(call);
    }

    private async Task FollowAsync()
    {
        var delay = new Backoff(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(250), options.Entropy);
        while (!disposed.IsCancellationRequested)
        {
            if (await ViewAsync().ConfigureAwait(false) is { } primaries)
            {
                Take(primaries);
                delay = new Backoff(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(250), options.Entropy);
                await wanted.WaitAsync(RefreshInterval).ConfigureAwait(false);
            }

            // Redirections come in swarms, and a failover takes its time: not again at once.
            await Task.Delay(delay.Next(), options.Clock, disposed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // What one node says: one that we are connected to, each in its turn, or else any that answers.
    private async Task<IReadOnlyList<ClusterPrimary>?> ViewAsync()
    {
        var connected = nodes.Values.Where(static node => node.Link.IsConnected).ToList();
        for (var tries = connected.Count; tries > 0; tries--)
        {
            var node = connected[(int)((uint)turn++ % (uint)connected.Count)];
            var call = NewCall();
            if (node.Link.TrySendNow(call) && await AnswerAsync(call.Completion.AsTask(), node.Keeper.Place).ConfigureAwait(false) is { } view)
            {
                return view;
            }
        }

        foreach (var place in nodes.Keys.Concat(address.Places).Distinct())
        {
            if (await AskStrangerAsync(place).ConfigureAwait(false) is { } view)
            {
                return view;
            }
        }

        return null;
    }

    private static PlainCall<string> NewCall() => new(static (ref reader) => reader.ReadString(), isRepeatable: false, "CLUSTER", "NODES");

    private async Task<IReadOnlyList<ClusterPrimary>?> AnswerAsync(Task<string> asked, RedisPlace place)
    {
        try
        {
            var text = await asked.WaitAsync(AnswerTimeout, options.Clock, disposed.Token).ConfigureAwait(false);
            return ClusterNodesText.PrimariesIn(text, place, address.IsTls);
        }
        catch (Exception fault) when (fault is StateException or TimeoutException or OperationCanceledException or FormatException)
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<ClusterPrimary>?> AskStrangerAsync(RedisPlace place)
    {
        try
        {
            var inquiry = await Inquiry.OpenAsync(address.At(place), options.Clock, AnswerTimeout, disposed.Token).ConfigureAwait(false);
            await using var closing = inquiry.ConfigureAwait(false);
            return await AnswerAsync(inquiry.Dialogue.AskAsync(static (ref reader) => reader.ReadString(), "CLUSTER", "NODES"), place).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is StateException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Takes a node's view of who has which slots.</summary>
    internal void Take(IReadOnlyList<ClusterPrimary> primaries)
    {
        IReadOnlyList<int> changed;
        lock (gate)
        {
            changed = table.Take(primaries);
            Assign([.. changed.Select(partition => (partition, NodeAt(table.OwnerOf(partition)!)))]);

            // Those without slots too: a slot that is on its way to one has keys there already, which a scan must find.
            foreach (var primary in primaries)
            {
                NodeAt(primary.Place);
            }
        }

        RetireAllBut(primaries);
        if (changed.Count > 0)
        {
            foreach (var node in nodes.Values)
            {
                node.Link.Redistribute();
            }
        }
    }

    private void Move(int partition, RedisPlace place)
    {
        StoreNode? before = null;
        lock (gate)
        {
            if (table.Move(partition, place))
            {
                before = NodeOf(partition);
                Assign([(partition, NodeAt(place))]);
            }
        }

        before?.Link.Redistribute();
    }

    private StoreNode NodeAt(RedisPlace place) => nodes.TryGetValue(place, out var node) ? node : NewNodeAt(place);

    private StoreNode NewNodeAt(RedisPlace place)
    {
        lock (gate)
        {
            if (nodes.TryGetValue(place, out var known))
            {
                return known;
            }

            var link = new StoreLink(this, view, signals, options);
            var there = address.At(place);
            var node = new StoreNode(link, new LinkKeeper(there, _ => ValueTask.FromResult(there), link, view, options, isCluster: true));
            nodes[place] = node;
            if (disposed.IsCancellationRequested)
            {
                // Who disposes of all may have been here already.
                link.Dispose();
            }
            else
            {
                node.Keeper.Start();
            }

            return node;
        }
    }

    // First the near cache forgets, then calls go there, then it is asked for what is watched: a call that is answered by
    // the old one meanwhile puts nothing in.
    private void Assign(IReadOnlyList<(int Partition, StoreNode Node)> changed)
    {
        view.Cache.Assign([.. changed.Select(static one => (one.Partition, one.Node.Link.Feed))]);
        foreach (var (partition, node) in changed)
        {
            Lead(partition, node);
        }
    }

    private void Lead(int partition, StoreNode node)
    {
        var before = Interlocked.Exchange(ref byPartition[partition], node);
        foreach (var (_, rest) in view.Watches.TakeToArm(other => other == partition))
        {
            node.Link.Submit(new WatchCall(view, partition, rest, WatchReason.Changed));
        }

        if (partition == Home)
        {
            foreach (var channel in signals.Channels())
            {
                before?.Link.TrySendNow(new SubscribeCall(channel, ends: true));

                // Not for long: a connection that is made later asks for all channels itself.
                node.Link.Submit(new SubscribeCall(channel, ends: false) { ExpiresAt = options.CommitDeadline() });
            }
        }
    }

    // A node without partitions is kept while the cluster calls it a primary: it may be about to get some. Chosen under the
    // lock under which partitions are assigned: one that got a partition and was retired would send its calls to itself.
    private void RetireAllBut(IReadOnlyList<ClusterPrimary> primaries)
    {
        var retired = new List<StoreNode>();
        lock (gate)
        {
            foreach (var (place, node) in nodes)
            {
                if (!primaries.Any(primary => primary.Place == place) && Array.IndexOf(byPartition, node) < 0)
                {
                    nodes.TryRemove(place, out _);
                    retired.Add(node);
                }
            }
        }

        foreach (var node in retired)
        {
            node.Link.Retire();
            _ = node.DisposeAsync().AsTask();
        }
    }
}
