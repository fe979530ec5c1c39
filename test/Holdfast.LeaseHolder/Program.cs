using Holdfast;

// Takes a lease as soon as it is free, and works under its fence until it is fenced off: each piece of work is an event that tells the
// token. Tells "held TOKEN", "wrote TOKEN" and "fenced TOKEN" on its standard output. Arguments: the store, the affinity, the lease's
// lifetime in milliseconds, and how many workers compete in this process.
var lifetime = TimeSpan.FromMilliseconds(int.Parse(args[2]));
var gate = new Lock();
await using var engine = await StateEngines.OpenAsync(args[0], new StateEngineOptions { CommitTimeout = TimeSpan.FromSeconds(60) });
Tell("open");
await Task.WhenAll(Enumerable.Range(0, int.Parse(args[3])).Select(_ => WorkAsync()));

async Task WorkAsync()
{
    while (true)
    {
        try
        {
            if (await Lease.TryAcquireAsync(engine, new Address("lease", args[1]), lifetime) is { } lease)
            {
                Tell($"held {lease.Token}");
                await HoldAsync(lease);
            }
        }
        catch (StateException fault) when (fault.IsTransient)
        {
            // The store is away for a while. If the lease was taken, it ends by itself.
        }

        await Task.Delay(5);
    }
}

async Task HoldAsync(Lease lease)
{
    for (var renewed = TimeProvider.System.GetTimestamp(); ; await Task.Delay(5))
    {
        var work = new Commit(RecordChange.Keep(lease.Address).When(lease.Fence), RecordChange.Update(new Address("work", args[1])).Set("by", $"{lease.Token}"))
        {
            Events = [new NewEvent($"{lease.Token}", default)],
        };
        try
        {
            if (!(await engine.CommitAsync(work)).IsCommitted)
            {
                Tell($"fenced {lease.Token}");
                return;
            }

            Tell($"wrote {lease.Token}");
            if (TimeProvider.System.GetElapsedTime(renewed) > lifetime / 3)
            {
                renewed = TimeProvider.System.GetTimestamp();
                await lease.RenewAsync();
            }
        }
        catch (StateException fault) when (fault.IsTransient)
        {
            // The store is away for a while. Whether the lease was lost the next piece of work finds out.
        }
    }
}

void Tell(string line)
{
    lock (gate)
    {
        Console.WriteLine(line);
    }
}
