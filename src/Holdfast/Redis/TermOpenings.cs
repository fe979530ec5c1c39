namespace Holdfast.Redis;

/// <summary>
/// The terms that a link's server is being asked to open: one call for each partition at a time, for as long as it is
/// repeated. A server that answers reads and refuses writes would otherwise be asked anew by each waiting read, without end.
/// </summary>
internal sealed class TermOpenings(StoreLink link, StoreRoutes routes, StoreView view, StateEngineOptions options)
{
    private readonly Lock gate = new();
    private readonly Dictionary<int, (OpenCall Call, List<StoreCall> Waiting)> underWay = [];

    /// <summary>Has the partition's term opened, if that is not under way already.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="waiting">A call that can't go on before, and is repeated then; null when whoever serves the partition is asked, to learn its terms.</param>
    public void Open(int partition, StoreCall? waiting)
    {
        bool isFirst;
        OpenCall? call;
        lock (gate)
        {
            isFirst = !underWay.TryGetValue(partition, out var found);
            if (isFirst)
            {
                found = (NewCall(partition, waiting), []);
                underWay[partition] = found;
            }

            call = found.Call;
            if (waiting is not null)
            {
                waiting.WaitsFor = call;
                found.Waiting.Add(waiting);
            }
        }

        if (isFirst)
        {
            _ = OpenAsync(call, waiting is null ? routes.Submit : link.Submit);
        }
    }

    private OpenCall NewCall(int partition, StoreCall? waiting) => new(view, partition)
    {
        ExpiresAt = options.CommitDeadline(),
        IsAsking = waiting?.TimesMoved > 0,
    };

    // A fault that will not pass is also theirs who waited. If it may pass, each of them has its own deadline.
    private async Task OpenAsync(OpenCall call, Action<StoreCall> submit)
    {
        StateException? fault = null;
        try
        {
            submit(call);
            await call.Completion.ConfigureAwait(false);
        }
        catch (StateException error)
        {
            fault = error;
        }

        foreach (var waiting in End(call))
        {
            if (fault is not null and not StateUnavailableException)
            {
                waiting.Fail(fault);
            }
            else if (fault is null && waiting.TimesTermUnknown++ == 0)
            {
                routes.Submit(waiting);
            }
            else
            {
                link.RepeatLater(waiting);
            }
        }
    }

    private List<StoreCall> End(OpenCall call)
    {
        lock (gate)
        {
            underWay.Remove(call.Partition, out var ended);
            return ended.Waiting;
        }
    }
}
