using Holdfast.Gateway.Services;

namespace Holdfast.Gateway.Overload;

/// <summary>
/// Lets so many of a service's requests in at once as do it good, has a bounded number wait in line, and turns the rest
/// away at once: then it is better to be told to come again than to be answered when nobody listens any more.
/// </summary>
/// <remarks>
/// <para>A request that takes much longer than others do gives its place up and goes on: it waits for something else, as a long poll does, or for a
/// store that is away, and keeping others out does not help it. Pages that need no store are there while it is away.</para>
/// <para>A crowd of less than <see cref="GatewayLimits.SmallCrowd"/> is no overload, whatever the limit has come to and however long answers take: it waits
/// in line, and who has waited long is let in. While no instance is ready nobody is turned away for waiting, as there is nothing that would be spared by it.</para>
/// </remarks>
internal sealed class Admission(TimeProvider clock)
{
    /// <summary>How many times as long as others a request has its place, and at least how long.</summary>
    private const int TimesUsual = 4;
    private static readonly TimeSpan ShortestStay = TimeSpan.FromSeconds(1);

    /// <summary>A line of so many is short for every service: chance brings them.</summary>
    private const int ShortLine = 8;

    /// <summary>The part of what an answer takes without load that one may wait in a line that does not come to rest.</summary>
    private const double WaitShare = 0.35;
    private static readonly TimeSpan LeastShortWait = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan ShortestSpan = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan TellingInterval = TimeSpan.FromSeconds(1);

    /// <summary>What the last span says about what is usual, against those before.</summary>
    private const double LastSpanShare = 0.3;

    private readonly Lock gate = new();
    private readonly WaitingLine line = new(clock);
    private readonly LinkedList<Place> inside = new();
    private readonly ConcurrencyLimit limit = new(instances: 1);
    private ServiceSettings settings = ServiceSettings.Default;
    private ITimer? watch;
    private bool isWatched;
    private int instances = 1;
    private int smallCrowd = GatewayLimits.SmallCrowd;
    private bool isNoneReady;
    private int answers;
    private TimeSpan spent;
    private TimeSpan usual;
    private double rate;
    private bool wasShort;
    private long? toldAt;
    private long spanBegan = clock.GetTimestamp();

    /// <summary>Requests that wait now.</summary>
    public int Waiting
    {
        get
        {
            lock (gate)
            {
                return line.Count;
            }
        }
    }

    /// <summary>How many may be inside at once; the largest number when there is no limit.</summary>
    public int Limit
    {
        get
        {
            lock (gate)
            {
                return LimitNow;
            }
        }
    }

    private int LimitNow => settings.Concurrency switch
    {
        null => limit.Value,
        0 => int.MaxValue,
        { } each => each * instances,
    };

    /// <summary>Whether so few are there that the service is done with them in a moment, however slow it is.</summary>
    private bool AreFew => settings.Concurrency is null && inside.Count + line.Count < smallCrowd;

    /// <summary>How many may wait: those who are few, a burst for as long as a wait may take, and what does not end for much less.</summary>
    private int LongestLine
    {
        get
        {
            if (settings.Concurrency is not null || usual == TimeSpan.Zero || isNoneReady)
            {
                return settings.Queue;
            }

            // What the service would answer if it had as many as it may have: of late it may have been asked for less.
            var (most, few) = line.IsStanding
                ? (rate * limit.SecondsWithoutLoad * WaitShare, ShortLine)
                : (LimitNow / usual.TotalSeconds * GatewayLimits.MaxQueueTime.TotalSeconds, Math.Max(smallCrowd - inside.Count, ShortLine));
            return (int)Math.Min(Math.Max(most, few), settings.Queue);
        }
    }

    /// <summary>Whether the next one in line has its turn though the service has as many as it can do.</summary>
    private bool IsFirstDue => AreFew && line.FirstWaited >= GatewayLimits.MaxQueueTime * 2;

    /// <summary>Whether it is time to say that there is too much: once a second is enough, and more would be load of its own.</summary>
    public bool IsTimeToTell()
    {
        lock (gate)
        {
            if (toldAt is { } at && clock.GetElapsedTime(at) < TellingInterval)
            {
                return false;
            }

            toldAt = clock.GetTimestamp();
            return true;
        }
    }

    /// <summary>Takes note of settings and instances.</summary>
    /// <param name="changed">The settings.</param>
    /// <param name="ready">How many instances share the load.</param>
    /// <param name="registered">How many there are, ready or not.</param>
    public void Set(ServiceSettings changed, int ready, int registered)
    {
        lock (gate)
        {
            Advance();
            settings = changed;
            isNoneReady = ready == 0;
            smallCrowd = Math.Max(GatewayLimits.SmallCrowd, registered * GatewayLimits.SmallCrowdPerInstance);
            var count = Math.Max(ready, 1);
            if (count != instances)
            {
                limit.Scale(count);
                instances = count;
            }

            if (settings.Concurrency is not null)
            {
                line.ShortWait = GatewayLimits.MaxQueueTime * 2;
            }

            Advance();
        }
    }

    /// <summary>Enters, at once or after a wait; null when there is no room. Who has entered leaves by <see cref="Leave"/>.</summary>
    /// <param name="patience">How long the request waits in line while no instance is ready; then it enters, to be told so.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<Place?> EnterAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            Advance();
            if (line.Count == 0 && inside.Count < LimitNow)
            {
                return ValueTask.FromResult<Place?>(Enter());
            }

            wasShort = true;
            if (line.TryAdd(LongestLine, patience) is not { } waiter)
            {
                return ValueTask.FromResult<Place?>(null);
            }

            Watch();
            return new ValueTask<Place?>(cancellationToken.CanBeCanceled ? WaitAsync(waiter, cancellationToken) : waiter.Entry);
        }
    }

    /// <summary>Leaves.</summary>
    /// <param name="place">What was entered.</param>
    /// <param name="isAnswer">Whether the service gave an answer that is no failure.</param>
    public void Leave(Place place, bool isAnswer)
    {
        lock (gate)
        {
            // Who gave its place up waited for something else, and tells nothing of how long the service takes.
            if (place.Node.List is not null)
            {
                if (isAnswer)
                {
                    var took = clock.GetElapsedTime(place.EnteredAt);
                    answers++;
                    spent += took;
                    limit.Add((place.Inside + inside.Count) / 2.0, took);
                }

                inside.Remove(place.Node);
            }

            Advance();
        }
    }

    private async Task<Place?> WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        // Who is let in just when it goes away has its place, and leaves by itself.
        await using var leaving = cancellationToken.UnsafeRegister(
            static (state, token) =>
            {
                var (admission, waiter) = ((Admission, Waiter))state!;
                lock (admission.gate)
                {
                    if (admission.line.Remove(waiter))
                    {
                        waiter.Cancel(token);
                    }
                }
            },
            (this, waiter));
        return await waiter.Entry;
    }

    private Place Enter()
    {
        var place = new Place(clock.GetTimestamp(), inside.Count + 1);
        inside.AddLast(place.Node);
        return place;
    }

    /// <summary>Has the line looked after while nobody comes or leaves.</summary>
    private void Watch()
    {
        if (!isWatched)
        {
            isWatched = true;
            watch ??= clock.CreateTimer(static admission => ((Admission)admission!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            watch.Change(ShortestSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private void Look()
    {
        lock (gate)
        {
            isWatched = false;
            Advance();
            while (isNoneReady && line.TakeLate() is { } late)
            {
                // It is told where instances are chosen.
                late.Answer(Enter());
            }

            if (line.Count > 0)
            {
                Watch();
            }
        }
    }

    private void Advance()
    {
        Step();
        GiveUpPlaces();
        if (isNoneReady)
        {
            line.Hold();
        }
        else
        {
            line.Shed(AreFew);
        }

        Admit();
    }

    private void GiveUpPlaces()
    {
        if (settings.Concurrency is not null)
        {
            return;
        }

        var longest = usual * TimesUsual > ShortestStay ? usual * TimesUsual : ShortestStay;
        while (inside.First is { } first && clock.GetElapsedTime(first.Value.EnteredAt) >= longest)
        {
            inside.RemoveFirst();
        }
    }

    private void Admit()
    {
        while ((inside.Count < LimitNow || IsFirstDue) && line.TakeFirst() is { } first)
        {
            first.Answer(Enter());
        }
    }

    private void Step()
    {
        var elapsed = clock.GetElapsedTime(spanBegan);
        if (elapsed < (usual > ShortestSpan ? usual : ShortestSpan) || settings.Concurrency is not null)
        {
            return;
        }

        if (answers > 0)
        {
            var (rateNow, timeNow) = (answers / elapsed.TotalSeconds, spent / answers);
            var isFirst = usual == TimeSpan.Zero;
            rate = isFirst ? rateNow : rate + ((rateNow - rate) * LastSpanShare);
            usual = isFirst ? timeNow : usual + ((timeNow - usual) * LastSpanShare);
            limit.Step(wasShort, rate);
            var shortWait = TimeSpan.FromSeconds(Math.Max(limit.SecondsWithoutLoad * WaitShare * 2, ShortLine / rate));
            line.ShortWait = shortWait < LeastShortWait ? LeastShortWait : shortWait > GatewayLimits.MaxQueueTime ? GatewayLimits.MaxQueueTime : shortWait;
        }

        wasShort = line.Count > 0;
        (answers, spent) = (0, TimeSpan.Zero);
        spanBegan = clock.GetTimestamp();
    }
}
