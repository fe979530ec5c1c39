namespace Holdfast.Gateway.Instances;

/// <summary>
/// An instance as the gateway sees it: what the registry tells of it, and whether it answers. The registry's word that
/// it has become ready counts until its health path or a connection says otherwise.
/// </summary>
internal sealed class Upstream(string service, RegisteredInstance instance, Action changed)
{
    private readonly Lock gate = new();
    private InstanceState state = instance.State;
    private bool answers = true;
    private int failures;
    private volatile int passes;

    public string Service { get; } = service;

    public string Id { get; } = instance.Id;

    /// <summary>Scheme, host and port, without a slash at the end.</summary>
    public string Prefix { get; } = instance.Url.GetLeftPart(UriPartial.Authority);

    /// <summary>Called when a connection to it failed, or broke: its health path is worth asking.</summary>
    public Action Doubt { get; set; } = static () => { };

    /// <summary>Whether it may be given requests.</summary>
    public bool IsReady { get; private set; } = instance.State == InstanceState.Ready;

    /// <summary>How often its health path was answered as it should be; grows when it has proven itself once more.</summary>
    public int Passes => passes;

    /// <summary>Whether it is one that would be ready if it answered.</summary>
    public bool IsOut
    {
        get
        {
            lock (gate)
            {
                return state == InstanceState.Ready && !answers;
            }
        }
    }

    public void Tell(InstanceState told) => Change(() =>
    {
        if (told == InstanceState.Ready && state != InstanceState.Ready)
        {
            (answers, failures) = (true, 0);
        }

        state = told;
    });

    /// <summary>It took no connection. Returns whether that put it out.</summary>
    public bool ConnectionFailed()
    {
        var putOut = Change(() => answers = false);
        Doubt();
        return putOut;
    }

    /// <summary>Its health path was answered as it should be. Returns whether that brought it in.</summary>
    public bool HealthPassed()
    {
        passes++;
        if (Change(() => (answers, failures) = (true, 0)))
        {
            return true;
        }

        // Somebody may wait for this very proof.
        changed();
        return false;
    }

    /// <summary>Its health path was answered badly or late. Returns whether that put it out.</summary>
    public bool HealthFailed() => Change(() => answers &= ++failures < GatewayLimits.HealthFailures);

    private bool Change(Action change)
    {
        bool isReady;
        lock (gate)
        {
            change();
            isReady = state == InstanceState.Ready && answers;
            if (isReady == IsReady)
            {
                return false;
            }

            IsReady = isReady;
        }

        changed();
        return true;
    }
}
