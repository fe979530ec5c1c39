namespace Holdfast.Node;

/// <summary>One client's connection: who it is, what it asked for, and its parts.</summary>
internal sealed class Session
{
    /// <summary>How much may be held for a client that has not authenticated when a command of it is run.</summary>
    public const int MaxHeldBytesForStrangers = 16 << 10;

    private readonly ReplyBuffer pushes = new() { Protocol = 3 };
    private readonly ClientWire wire;
    private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long heardAt;

    public Session(StateNode node, ClientWire wire, long id, bool needsNoPassword)
    {
        this.wire = wire;
        Node = node;
        Id = id;
        ConnectedAt = StrangerSince = heardAt = node.Clock.GetTimestamp();
        NeedsNoPassword = needsNoPassword;
        Output = new SessionOutput(wire, node.Figures, node.Options.MaxQueuedBytesPerClient, ReportOverflow);
        IsAuthenticated = needsNoPassword;
        Lanes = new SessionLanes(this);
        Tracked = new TrackedKeys(this, node.Tracking, node.Options.MaxTrackedKeysPerClient);
    }

    public StateNode Node { get; }

    public long Id { get; }

    public long ConnectedAt { get; }

    /// <summary>2 or 3, as HELLO chose.</summary>
    public int Protocol { get; set; } = 2;

    /// <summary>Whether the way by which the client came is guarded otherwise, or not at all.</summary>
    public bool NeedsNoPassword { get; }

    /// <summary>Whether the client has said who it is. Until then little is held for it, as it may be anybody.</summary>
    public bool IsAuthenticated
    {
        get;
        set
        {
            // RESET makes a client a stranger again, and a stranger none of those who have just come.
            StrangerSince = field && !value ? Node.Clock.GetTimestamp() : StrangerSince;
            field = value;
            var most = Node.Options.MaxQueuedBytesPerClient;
            Output.MaxHeldBytes = value ? most : Math.Min(most, MaxHeldBytesForStrangers);
        }
    }

    /// <summary>Since when the client has to say who it is.</summary>
    public long StrangerSince { get; private set; }

    /// <summary>What the client calls itself; empty until it does.</summary>
    public string Name { get; set; } = "";

    public string LibraryName { get; set; } = "";

    public string LibraryVersion { get; set; } = "";

    /// <summary>Whether the connection closes once the replies so far are sent.</summary>
    public bool IsLeaving { get; set; }

    /// <summary>The channels that the client listens to. Only its own commands change them.</summary>
    public HashSet<ChannelName> Channels { get; } = [];

    /// <summary>The patterns of channels that it listens to.</summary>
    public HashSet<ChannelName> Patterns { get; } = [];

    /// <summary>What it listens to, in all.</summary>
    public int Subscriptions => Channels.Count + Patterns.Count;

    public SessionOutput Output { get; }

    public SessionLanes Lanes { get; }

    public TrackedKeys Tracked { get; }

    /// <summary>Completes when the connection is closed.</summary>
    public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether only commands about channels are allowed, since RESP2 can't tell their replies from messages.</summary>
    public bool IsSubscriber => Protocol == 2 && Subscriptions > 0;

    /// <summary>Tells that a key has changed, in order with the replies. Called under the gate.</summary>
    public void Push(in TrackedKey key)
    {
        WritePush(key);
        Output.Timeline.Push(pushes.Written, Lanes.Busy(key.Partition));
    }

    /// <summary>Tells that a key has changed, behind every reply so far. Called under the gate.</summary>
    public void PushLast(in TrackedKey key)
    {
        WritePush(key);
        Output.Timeline.Append(pushes.Written);
    }

    /// <summary>When the client last sent something.</summary>
    public long HeardAt => Volatile.Read(ref heardAt);

    /// <summary>Notes that the client has sent something.</summary>
    public void Hear() => Volatile.Write(ref heardAt, Node.Clock.GetTimestamp());

    /// <summary>Ends when the node stops, and the connection is to take no more commands.</summary>
    public Task Stopped => stopped.Task;

    /// <summary>Takes no more commands; replies under way still go out.</summary>
    public void StopListening()
    {
        stopped.TrySetResult();
        wire.StopReceiving();
    }

    /// <summary>Disconnects the client, as it takes nothing of what it is sent and is waited for.</summary>
    public void CutStalled()
    {
        ReportSlow($"it has taken nothing of what it is sent for {Node.Options.StallTimeout.TotalSeconds} s");
        Output.Cut();
    }

    /// <summary>Disconnects the client after a fault of the node's own.</summary>
    public void Fail(Exception fault)
    {
        Node.Report(EngineEventLevel.Error, "ClientFailed", $"Client {Id} was disconnected after a fault of the node: {fault.Message}", fault);
        Output.Cut();
    }

    /// <summary>Ends what outlives the connection.</summary>
    public void End()
    {
        Output.Cut();
        wire.Dispose();
        Tracked.TurnOff(forGood: true);
        Node.Channels.Leave(this);
    }

    private void WritePush(in TrackedKey key)
    {
        pushes.Clear();
        InvalidationPush.Write(pushes, key, Node.Keys);
    }

    private void ReportOverflow() => ReportSlow($"over {2 * Node.Options.MaxQueuedBytesPerClient} bytes wait for it, and it does not read");

    private void ReportSlow(string why)
    {
        Node.Figures.CountSlowClient();
        Node.Report(EngineEventLevel.Warning, "ClientTooSlow", $"Client {Id} was disconnected: {why}.");
    }
}
