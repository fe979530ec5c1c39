using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Holdfast.Gateway.Instances;
using Holdfast.Gateway.Repeating;

namespace Holdfast.Gateway.Forwarding;

/// <summary>
/// Ends a sending when its client has gone, when no byte has moved for too long, and when its instance has gone silent.
/// Reused, so that a request costs no timer of its own.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "It goes back to the pool, or disposes of what it can't use again.")]
internal sealed class ActivityWatch
{
    private const int MostIdle = 256;
    private readonly Lock gate = new();
    private readonly ConcurrentQueue<ActivityWatch> idle;
    private readonly CancellationTokenSource ending = new();
    private CancellationTokenRegistration client;
    private CancellationTokenRegistration silence;
    private CancellationTokenRegistration recovery;
    private Upstream? upstream;
    private TimeSpan timeout;
    private TimeSpan limit;
    private Tries? tries;
    private bool isHeld;
    private volatile bool hasLeft;

    private ActivityWatch(ConcurrentQueue<ActivityWatch> idle) => this.idle = idle;

    public CancellationToken Token => ending.Token;

    /// <summary>Whether the instance went silent, and the request may go to another one.</summary>
    public bool HasLeft => hasLeft;

    /// <summary>Whether it is the request's deadline that is kept, and not the time without a byte.</summary>
    public bool IsHeld => isHeld;

    /// <summary>Begins to watch.</summary>
    /// <param name="idle">Watches that have ended, to be reused, and where this one goes at its end.</param>
    /// <param name="upstream">The instance.</param>
    /// <param name="tries">The request: its times, and whether it may leave an instance that has gone silent before it answered.</param>
    /// <param name="clientGone">The client's end.</param>
    public static ActivityWatch Begin(ConcurrentQueue<ActivityWatch> idle, Upstream upstream, Tries tries, CancellationToken clientGone)
    {
        // A body that is still being sent after its answer can touch a watch that idles here, and so end it.
        ActivityWatch? watch;
        while (idle.TryDequeue(out watch) && watch.ending.IsCancellationRequested)
        {
            watch.ending.Dispose();
        }

        watch ??= new ActivityWatch(idle);
        (watch.timeout, watch.limit, watch.upstream) = (tries.Timeout, tries.Timeout, upstream);
        watch.tries = tries;
        watch.hasLeft = false;
        watch.isHeld = tries.Left is { } left && left < tries.Timeout;
        watch.ending.CancelAfter(watch.isHeld ? tries.Left!.Value : tries.Timeout);
        watch.client = clientGone.UnsafeRegister(static state => ((ActivityWatch)state!).ending.Cancel(), watch);
        lock (watch.gate)
        {
            watch.AwaitSilence(upstream);
        }

        return watch;
    }

    /// <summary>A byte has moved.</summary>
    public void Touch()
    {
        // A deadline does not move for what is sent before the answer.
        if (!isHeld)
        {
            ending.CancelAfter(limit);
        }
    }

    /// <summary>The answer has begun: from now on the request can't leave. False when it has just left.</summary>
    public bool Answered()
    {
        lock (gate)
        {
            if (hasLeft)
            {
                return false;
            }

            (tries, isHeld) = (null, false);
        }

        Touch();
        return true;
    }

    /// <summary>Ends the sending.</summary>
    public void Stop() => ending.Cancel();

    /// <summary>Ends the watch. The token must not be used any more.</summary>
    public void End()
    {
        lock (gate)
        {
            (upstream, tries) = (null, null);
        }

        // Each waits for its callback, which begins nothing new any more.
        client.Dispose();
        silence.Dispose();
        recovery.Dispose();
        ending.CancelAfter(Timeout.InfiniteTimeSpan);
        if (idle.Count < MostIdle && ending.TryReset())
        {
            idle.Enqueue(this);
        }
        else
        {
            ending.Dispose();
        }
    }

    private void AwaitSilence(Upstream silent) =>
        Await(ref silence, static state => ((ActivityWatch)state!).InstanceIsSilent(), silent.Silence);

    /// <summary>
    /// Called under the gate, at which who is told on another thread waits until the registration is in its place. Where there is something to tell
    /// already it is told at once, which may have made a newer registration: then the one that is returned is empty, and not to take that one's place.
    /// </summary>
    private void Await(ref CancellationTokenRegistration place, Action<object?> told, CancellationToken token)
    {
        if (token.UnsafeRegister(told, this) is var made && made != default)
        {
            place = made;
        }
    }

    /// <summary>A request that can't leave stays for a short while: the instance may still answer.</summary>
    private void InstanceIsSilent()
    {
        lock (gate)
        {
            if (upstream is null)
            {
                return;
            }

            if (tries?.MayLeave() != true)
            {
                limit = timeout < GatewayLimits.SilenceTimeout ? timeout : GatewayLimits.SilenceTimeout;
                Touch();
                Await(ref recovery, static state => ((ActivityWatch)state!).InstanceIsBack(), upstream.Recovery);
                return;
            }

            hasLeft = true;
        }

        // Whoever waits for it may go on within this call.
        ending.Cancel();
    }

    /// <summary>It answers again: what rests between two bytes may do so for as long as before.</summary>
    private void InstanceIsBack()
    {
        lock (gate)
        {
            if (upstream is not null)
            {
                limit = timeout;
                Touch();
                AwaitSilence(upstream);
            }
        }
    }
}
