using Holdfast.Gateway.Services;

namespace Holdfast.Gateway.Overload;

/// <summary>
/// Lets so many of a service's requests in at once as do it good, has a bounded number wait in line, and turns the rest
/// away at once. Nobody waits longer than the service needs for those ahead within <see cref="GatewayLimits.MaxQueueTime"/>: then
/// it is better to be told to come again than to be answered when nobody listens any more.
/// </summary>
/// <remarks>
/// A request that takes much longer than others do gives its place up and goes on: it waits for something else, as a long poll does, or for a
/// store that is away, and keeping others out does not help it. Pages that need no store are there while it is away.
/// </remarks>
internal sealed class Admission(TimeProvider clock)
{
    private const int LeastPerInstance = 4;
    private const int MostPerInstance = 4096;
    private const int StartPerInstance = 32;

    /// <summary>How many times as long as others a request has its place.</summary>
    private const int TimesUsual = 4;
    private static readonly TimeSpan Span = TimeSpan.FromMilliseconds(250);
    private readonly Lock gate = new();
    private readonly LinkedList<TaskCompletionSource<Place?>> line = new();
    private readonly LinkedList<Place> inside = new();
    private ConcurrencyLimit limit = new(LeastPerInstance, MostPerInstance, StartPerInstance);
    private ServiceSettings settings = ServiceSettings.Default;
    private int instances = 1;
    private int answers;
    private TimeSpan spent;
    private TimeSpan usual;
    private double rate;
    private bool waited;
    private long? toldAt;
    private long lineWasEmptyAt = clock.GetTimestamp();
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

    /// <summary>Whether it is time to say that there is too much: once a second is enough, and more would be load of its own.</summary>
    public bool IsTimeToTell()
    {
        lock (gate)
        {
            if (toldAt is { } at && clock.GetElapsedTime(at) < GatewayLimits.LongestBurst)
            {
                return false;
            }

            toldAt = clock.GetTimestamp();
            return true;
        }
    }

    /// <summary>Takes note of settings and of how many instances share the load.</summary>
    public void Set(ServiceSettings changed, int count)
    {
        lock (gate)
        {
            settings = changed;
            count = Math.Max(count, 1);
            if (count != instances)
            {
                // What is known of one instance is taken to hold for the others too.
                var each = Math.Max(LeastPerInstance, limit.Value / instances);
                limit = new ConcurrencyLimit(LeastPerInstance * count, MostPerInstance * count, each * count);
                instances = count;
            }

            Admit();
        }
    }

    /// <summary>Enters, at once or after a wait; null when there is no room. Who has entered leaves by <see cref="Leave"/>.</summary>
    public ValueTask<Place?> EnterAsync(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            Advance();
            if (line.Count == 0 && inside.Count < LimitNow)
            {
                return ValueTask.FromResult<Place?>(Enter());
            }

            waited = true;
            if (line.Count == 0)
            {
                lineWasEmptyAt = clock.GetTimestamp();
            }

            if (line.Count >= LineNow())
            {
                return ValueTask.FromResult<Place?>(null);
            }

            var waiter = line.AddLast(new TaskCompletionSource<Place?>(TaskCreationOptions.RunContinuationsAsynchronously));
            return new ValueTask<Place?>(WaitAsync(waiter, cancellationToken));
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
                inside.Remove(place.Node);
                if (isAnswer)
                {
                    answers++;
                    spent += clock.GetElapsedTime(place.EnteredAt);
                }
            }

            Advance();
        }
    }

    /// <summary>
    /// How many may wait. A burst may wait for as long as a wait may take. A line that has stood for a second is no burst
    /// but too much: then it is kept short, since waiting helps nobody (Nichols and Jacobson, 2012).
    /// </summary>
    private int LineNow()
    {
        if (settings.Concurrency is not null || rate == 0)
        {
            return settings.Queue;
        }

        var isStanding = clock.GetElapsedTime(lineWasEmptyAt) >= GatewayLimits.LongestBurst;
        var most = isStanding ? LimitNow / 2 : (int)(rate * GatewayLimits.MaxQueueTime.TotalSeconds);
        return Math.Min(Math.Max(most, LeastPerInstance), settings.Queue);
    }

    private async Task<Place?> WaitAsync(LinkedListNode<TaskCompletionSource<Place?>> waiter, CancellationToken cancellationToken)
    {
        try
        {
            return await waiter.Value.Task.WaitAsync(GatewayLimits.MaxQueueTime * 2, clock, cancellationToken);
        }
        catch (Exception fault) when (fault is TimeoutException or OperationCanceledException)
        {
            lock (gate)
            {
                if (waiter.List is not null)
                {
                    line.Remove(waiter);
                    if (fault is TimeoutException)
                    {
                        return null;
                    }

                    throw;
                }
            }

            // Let in just then.
            var place = await waiter.Value.Task;
            if (fault is TimeoutException)
            {
                return place;
            }

            Leave(place!, isAnswer: false);
            throw;
        }
    }

    private Place Enter()
    {
        var place = new Place(clock.GetTimestamp());
        inside.AddLast(place.Node);
        return place;
    }

    private void Advance()
    {
        Step();
        GiveUpPlaces();
        Admit();
    }

    private void GiveUpPlaces()
    {
        if (settings.Concurrency is not null)
        {
            return;
        }

        var longest = usual * TimesUsual > GatewayLimits.LongestBurst ? usual * TimesUsual : GatewayLimits.LongestBurst;
        while (inside.First is { } first && clock.GetElapsedTime(first.Value.EnteredAt) >= longest)
        {
            inside.RemoveFirst();
        }
    }

    private void Admit()
    {
        while (line.First is { } first && inside.Count < LimitNow)
        {
            line.RemoveFirst();
            first.Value.SetResult(Enter());
        }

        if (line.Count == 0)
        {
            lineWasEmptyAt = clock.GetTimestamp();
        }
    }

    private void Step()
    {
        var elapsed = clock.GetElapsedTime(spanBegan);
        if (elapsed < Span || settings.Concurrency is not null)
        {
            return;
        }

        rate = answers / elapsed.TotalSeconds;
        usual = answers > 0 ? spent / answers : usual;
        if (answers > 0 && waited)
        {
            limit.Step(rate, spent / answers);
        }
        else if (answers > 0)
        {
            limit.Learn(spent / answers);
        }

        waited = line.Count > 0;
        (answers, spent) = (0, TimeSpan.Zero);
        spanBegan = clock.GetTimestamp();
    }
}
