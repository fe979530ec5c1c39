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
    private static readonly ConcurrentQueue<ActivityWatch> Idle = new();
    private readonly Lock gate = new();
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

    private ActivityWatch()
    {
    }

    public CancellationToken Token => ending.Token;

    /// <summary>Whether the instance went silent, and the request may go to another one.</summary>
    public bool HasLeft => hasLeft;

    /// <summary>Whether it is the request's deadline that is kept, and not the time without a byte.</summary>
    public bool IsHeld => isHeld;

    /// <summary>Begins to watch.</summary>
    /// <param name="upstream">The instance.</param>
    /// <param name="tries">The request: its times, and whether it may leave an instance that has gone silent before it answered.</param>
    /// <param name="clientGone">The client's end.</param>
    public static ActivityWatch Begin(Upstream upstream, Tries tries, CancellationToken clientGone)
    {
        // A body that is still being sent after its answer can touch a watch that idles here, and so end it.
        ActivityWatch? watch;
        while (Idle.TryDequeue(out watch) && watch.ending.IsCancellationRequested)
        {
            watch.ending.Dispose();
        }

        watch ??= new ActivityWatch();
        (watch.timeout, watch.limit, watch.upstream) = (tries.Timeout, tries.Timeout, upstream);
        watch.tries = tries;
        watch.hasLeft = false;
        watch.isHeld = tries.Left is { } left && left < tries.Timeout;
        watch.ending.CancelAfter(watch.isHeld ? tries.Left!.Value : tries.Timeout);
        watch.client = clientGone.UnsafeRegister(static state => ((ActivityWatch)state!).ending.Cancel(), watch);
        watch.AwaitSilence();
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

    /// <summary>The answer has begun: from now on the request can't leave.</summary>
    public void Answered()
    {
        (tries, isHeld) = (null, false);
        Touch();
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
        if (Idle.Count < MostIdle && ending.TryReset())
        {
            Idle.Enqueue(this);
        }
        else
        {
            ending.Dispose();
        }
    }

    private void AwaitSilence() =>
        silence = upstream!.Silence.UnsafeRegister(static state => ((ActivityWatch)state!).InstanceIsSilent(), this);

    /// <summary>A request that can't leave stays for a short while: the instance may still answer.</summary>
    private void InstanceIsSilent()
    {
        if (tries?.MayLeave() == true)
        {
            hasLeft = true;
            ending.Cancel();
            return;
        }

        lock (gate)
        {
            if (upstream is not null)
            {
                limit = timeout < GatewayLimits.SilenceTimeout ? timeout : GatewayLimits.SilenceTimeout;
                Touch();
                recovery = upstream.Recovery.UnsafeRegister(static state => ((ActivityWatch)state!).InstanceIsBack(), this);
            }
        }
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
                AwaitSilence();
            }
        }
    }
}
