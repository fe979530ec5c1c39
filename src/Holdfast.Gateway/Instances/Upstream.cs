using Holdfast.Gateway.Balancing;
using Holdfast.Gateway.Repeating;
using Holdfast.Gateway.Telemetry;

namespace Holdfast.Gateway.Instances;

/// <summary>
/// An instance as the gateway sees it: what the registry tells of it, and how it answers. The registry's word that it
/// has become ready counts until its health path, a connection or its answers say otherwise.
/// </summary>
internal sealed class Upstream : IDisposable
{
    private readonly Lock gate = new();
    private readonly Action changed;
    private readonly TimeProvider clock;
    private InstanceState state;
    private Condition condition = Condition.Well;
    private CancellationTokenSource leaving = new();
    private CancellationTokenSource silence = new();
    private CancellationTokenSource recovery = new();
    private int failures;
    private int inFlight;
    private long answeredAt;
    private volatile int passes;

    public Upstream(string service, RegisteredInstance instance, Action changed, TimeProvider clock)
    {
        (Service, Id, this.changed, this.clock) = (service, instance.Id, changed, clock);
        (state, Region, Weight) = (instance.State, instance.Region, instance.Weight);
        Prefix = instance.Url.GetLeftPart(UriPartial.Authority);
        Mark = Stickiness.MarkOf(service, Id, Prefix);
        IsReady = state == InstanceState.Ready;
        ReadySince = clock.GetTimestamp();
        Conduct = new Conduct(clock);
    }

    /// <summary>How well it is.</summary>
    public enum Condition
    {
        /// <summary>Its health path is answered as it should be.</summary>
        Well,

        /// <summary>Its health path is answered badly: it takes requests, and others are preferred.</summary>
        Ailing,

        /// <summary>It takes no connection, or answers nothing.</summary>
        Away,
    }

    public string Service { get; }

    public string Id { get; }

    /// <summary>Where it is, as its registration tells; empty when it doesn't.</summary>
    public string Region { get; private set; }

    /// <summary>Its share of the requests against others' weights.</summary>
    public int Weight { get; private set; }

    /// <summary>Scheme, host and port, without a slash at the end.</summary>
    public string Prefix { get; }

    /// <summary>What a client's cookie says of it.</summary>
    public string Mark { get; }

    /// <summary>Called when a connection to it failed, or broke: its health path is worth asking.</summary>
    public Action Doubt { get; set; } = static () => { };

    /// <summary>What was counted of it.</summary>
    public Tally Tally { get; } = new();

    /// <summary>Whether it gets requests, a panic aside.</summary>
    public bool IsUsable => IsReady && condition == Condition.Well && !Conduct.IsEjected;

    /// <summary>How its answers have been.</summary>
    public Conduct Conduct { get; }

    /// <summary>Whether the registry calls it ready.</summary>
    public bool IsReady { get; private set; }

    /// <summary>How well it is.</summary>
    public Condition State => condition;

    /// <summary>Since when it gets requests without interruption, as a timestamp.</summary>
    public long ReadySince { get; private set; }

    /// <summary>The requests that it has and has not finished.</summary>
    public int InFlight => Volatile.Read(ref inFlight);

    /// <summary>What smooth weighted round robin has given it beyond its share; guarded by that policy's lock.</summary>
    public double Credit { get; set; }

    /// <summary>Whether it has answered by HTTP/2. While it has not, it may be the client who is wrong to ask it so.</summary>
    public bool SpeaksHttp2 { get; set; }

    /// <summary>How often its health path was answered as it should be; grows when it has proven itself once more.</summary>
    public int Passes => passes;

    /// <summary>Where it heeds idempotency keys: what it, or one of the same build, has announced. Empty again when its process may be another one.</summary>
    public KeySupport Keys { get; set; } = new();

    /// <summary>Cancelled when it drains or is taken out: what stays open on it for long is to be ended. Another one when it is ready again.</summary>
    public CancellationToken Leaving => Volatile.Read(ref leaving).Token;

    /// <summary>Cancelled when it answers nothing any more; another one when it answers again.</summary>
    public CancellationToken Silence => Volatile.Read(ref silence).Token;

    /// <summary>Cancelled when it answers again after a silence; another one with each silence.</summary>
    public CancellationToken Recovery => Volatile.Read(ref recovery).Token;

    /// <summary>Whether it is one that would be ready if it answered.</summary>
    public bool IsOut
    {
        get
        {
            lock (gate)
            {
                return state == InstanceState.Ready && condition != Condition.Well;
            }
        }
    }

    public void Begin() => Interlocked.Increment(ref inFlight);

    public void End() => Interlocked.Decrement(ref inFlight);

    public void Tell(RegisteredInstance told)
    {
        Change(() =>
        {
            if (told.State == InstanceState.Ready && state != InstanceState.Ready)
            {
                BeWell();
                Keys = new KeySupport();
            }

            (state, Region, Weight) = (told.State, told.Region, told.Weight);
        });
        Return();
        if (told.State is InstanceState.Draining or InstanceState.Failed)
        {
            leaving.Cancel();
        }
        else if (told.State == InstanceState.Ready && leaving.IsCancellationRequested)
        {
            Volatile.Write(ref leaving, new CancellationTokenSource());
        }
    }

    /// <summary>It has begun to answer, which proves that it is alive; a status of 500 and more counts against it.</summary>
    public void Answered(int status)
    {
        Volatile.Write(ref answeredAt, clock.GetTimestamp());
        Note(isFailure: status >= 500);
    }

    /// <summary>It gave no answer in time, or none that could be passed on: that counts against it, and proves nothing.</summary>
    public void Failed() => Note(isFailure: true);

    /// <summary>It took no connection. Returns whether that put it out.</summary>
    public bool ConnectionFailed()
    {
        var putOut = Change(() => condition = Condition.Away);
        Keys = new KeySupport();
        Doubt();
        return putOut;
    }

    /// <summary>Its health path was answered as it should be. Returns whether that brought it in.</summary>
    public bool HealthPassed()
    {
        passes++;
        var isBack = Change(BeWell);
        Return();
        if (isBack)
        {
            return true;
        }

        // Somebody may wait for this very proof.
        changed();
        return false;
    }

    /// <summary>
    /// Its health path was answered badly, or not in time. Returns whether that put it out. One that has just answered a
    /// request is not silent but busy: to take it out would give its load to the others, and then theirs to nobody.
    /// </summary>
    public bool HealthFailed(bool isSilent)
    {
        if (isSilent && Volatile.Read(ref answeredAt) is var answered and not 0 && clock.GetElapsedTime(answered) < GatewayLimits.HealthTimeout)
        {
            return false;
        }

        var fallsSilent = false;
        var putOut = Change(() =>
        {
            if (++failures >= GatewayLimits.HealthFailures)
            {
                condition = isSilent ? Condition.Away : Condition.Ailing;
                fallsSilent = isSilent;
            }
        });
        if (fallsSilent && !silence.IsCancellationRequested)
        {
            Volatile.Write(ref recovery, new CancellationTokenSource());
            silence.Cancel();
        }

        return putOut;
    }

    public void Dispose() => leaving.Cancel();

    private void Note(bool isFailure)
    {
        if (Conduct.Note(isFailure))
        {
            changed();
        }
    }

    private void BeWell() => (condition, failures) = (Condition.Well, 0);

    /// <summary>Ends a silence, once it has become well.</summary>
    private void Return()
    {
        if (condition == Condition.Well && silence.IsCancellationRequested)
        {
            Volatile.Write(ref silence, new CancellationTokenSource());
            recovery.Cancel();
        }
    }

    /// <summary>Changes it, and tells when that matters. Returns whether it became well, or ceased to be.</summary>
    private bool Change(Action change)
    {
        bool wasWell, isWell;
        lock (gate)
        {
            var before = (IsReady, condition, Weight, Region);
            wasWell = IsReady && condition == Condition.Well;
            change();
            IsReady = state == InstanceState.Ready;
            isWell = IsReady && condition == Condition.Well;
            if (before == (IsReady, condition, Weight, Region))
            {
                return false;
            }

            if (isWell && !wasWell)
            {
                ReadySince = clock.GetTimestamp();
            }
        }

        changed();
        return isWell != wasWell;
    }
}
