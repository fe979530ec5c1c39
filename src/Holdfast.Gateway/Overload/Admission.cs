using Holdfast.Gateway.Services;

namespace Holdfast.Gateway.Overload;

/// <summary>
/// Lets so many of a service's requests in at once as do it good, has a bounded number wait in line, and turns the rest
/// away at once. Nobody waits longer than the service needs for those ahead within <see cref="GatewayLimits.MaxQueueTime"/>: then
/// it is better to be told to come again than to be answered when nobody listens any more.
/// </summary>
internal sealed class Admission(TimeProvider clock)
{
    private const int LeastPerInstance = 4;
    private const int MostPerInstance = 4096;
    private const int StartPerInstance = 256;
    private static readonly TimeSpan Span = TimeSpan.FromMilliseconds(250);
    private readonly Lock gate = new();
    private readonly LinkedList<TaskCompletionSource<bool>> line = new();
    private ConcurrencyLimit limit = new(LeastPerInstance, MostPerInstance, StartPerInstance);
    private ServiceSettings settings = ServiceSettings.Default;
    private int instances = 1;
    private int inside;
    private int answers;
    private bool waited;
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

    /// <summary>Enters, at once or after a wait; false when there is no room. Who has entered leaves by <see cref="Leave"/>.</summary>
    public ValueTask<bool> EnterAsync(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            Step();
            if (line.Count == 0 && inside < LimitNow)
            {
                inside++;
                return ValueTask.FromResult(true);
            }

            waited = true;
            if (line.Count >= LineNow())
            {
                return ValueTask.FromResult(false);
            }

            var place = line.AddLast(new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously));
            return new ValueTask<bool>(WaitAsync(place, cancellationToken));
        }
    }

    /// <summary>Leaves.</summary>
    /// <param name="isAnswer">Whether the service gave an answer that is no failure.</param>
    public void Leave(bool isAnswer)
    {
        lock (gate)
        {
            inside--;
            answers += isAnswer ? 1 : 0;
            Step();
            Admit();
        }
    }

    /// <summary>How many may wait: what is answered within the time that a wait may take.</summary>
    private int LineNow() => settings.Concurrency is null && limit.Rate > 0
        ? Math.Clamp((int)(limit.Rate * GatewayLimits.MaxQueueTime.TotalSeconds), Math.Min(LeastPerInstance, settings.Queue), settings.Queue)
        : settings.Queue;

    private async Task<bool> WaitAsync(LinkedListNode<TaskCompletionSource<bool>> place, CancellationToken cancellationToken)
    {
        try
        {
            return await place.Value.Task.WaitAsync(GatewayLimits.MaxQueueTime * 2, clock, cancellationToken);
        }
        catch (Exception fault) when (fault is TimeoutException or OperationCanceledException)
        {
            lock (gate)
            {
                if (place.List is not null)
                {
                    line.Remove(place);
                    if (fault is TimeoutException)
                    {
                        return false;
                    }

                    throw;
                }
            }

            // Let in just then.
            if (fault is TimeoutException)
            {
                return true;
            }

            Leave(isAnswer: false);
            throw;
        }
    }

    private void Admit()
    {
        while (line.First is { } first && inside < LimitNow)
        {
            line.RemoveFirst();
            inside++;
            first.Value.SetResult(true);
        }
    }

    private void Step()
    {
        var elapsed = clock.GetElapsedTime(spanBegan);
        if (elapsed < Span || settings.Concurrency is not null)
        {
            return;
        }

        if (waited && elapsed < Span * 4)
        {
            limit.Step(answers / elapsed.TotalSeconds);
        }
        else
        {
            limit.Idle();
        }

        waited = line.Count > 0;
        answers = 0;
        spanBegan = clock.GetTimestamp();
    }
}
