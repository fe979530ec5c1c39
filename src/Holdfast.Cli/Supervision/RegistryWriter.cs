
namespace Holdfast.Cli.Supervision;

/// <summary>
/// Keeps the registry as the supervisor says it should be. The supervisor only notes what is so; one loop carries it
/// to the store, removals first and renewals of leases last, and goes on trying while the store is away.
/// </summary>
internal sealed class RegistryWriter(StateAddress state, IReadOnlyList<ServiceDeclaration> services, RunContext run) : IDisposable
{
    /// <summary>How long a store that others run is tried at the start: it may start as well, and the machine may be busy.</summary>
    private static readonly TimeSpan OpeningPatience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly Dictionary<string, RegistryEntry> entries = [];
    private readonly Queue<InstanceRegistration> removals = new();
    private readonly Dictionary<string, ServiceDeclaration> declarations = services.ToDictionary(static service => service.Name);
    private readonly Queue<Redeclaration> redeclarations = new();
    private readonly SemaphoreSlim wake = new(0);
    private readonly CancellationTokenSource closed = new();
    private readonly TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StateEngine? engine;
    private ServiceRegistry? registry;
    private bool closing;

    /// <summary>Completes when the store was reached and knows the services; fails when this version can't use it.</summary>
    public Task Opened => opened.Task;

    /// <summary>Notes where an instance listens and how it is.</summary>
    public void Tell(ServiceDeclaration service, string id, Uri url, InstanceState state)
    {
        lock (gate)
        {
            if (entries.TryGetValue(id, out var known) && known.Url == url)
            {
                known.State = state;
            }
            else
            {
                Drop(id);
                entries[id] = new RegistryEntry(declarations[service.Name], id, url) { State = state };
            }
        }

        wake.Release();
    }

    /// <summary>Changes how gateways treat services, whose instances stay. Returns whether it is in the store; if not within the time given, nothing is changed.</summary>
    public async Task<bool> TryRedeclareAsync(IReadOnlyList<ServiceDeclaration> changed, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (changed.Count == 0)
        {
            return true;
        }

        var redeclaration = new Redeclaration(changed);
        lock (gate)
        {
            redeclarations.Enqueue(redeclaration);
        }

        wake.Release();
        try
        {
            await redeclaration.Done.WaitAsync(patience, run.Clock, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            lock (gate)
            {
                return !redeclaration.TryWithdraw();
            }
        }
    }

    /// <summary>Notes that an instance is gone.</summary>
    public void Remove(string id)
    {
        lock (gate)
        {
            Drop(id);
        }

        wake.Release();
    }

    /// <summary>Has <see cref="RunAsync"/> return once everything noted is in the store, or after the timeout.</summary>
    public void Close(TimeSpan timeout)
    {
        lock (gate)
        {
            closing = true;
        }

        closed.CancelAfter(timeout);
        wake.Release();
    }

    /// <summary>Carries what is noted to the store, until the writer is closed.</summary>
    public async Task RunAsync()
    {
        var began = run.Clock.GetTimestamp();
        var retry = TimeSpan.Zero;
        while (!closed.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(retry, run.Clock, closed.Token);
                var isIdle = !await StepAsync(closed.Token);
                if (retry > TimeSpan.Zero)
                {
                    run.Log.Event("the state plane answers again");
                    retry = TimeSpan.Zero;
                }

                if (isIdle && !await WaitAsync())
                {
                    break;
                }
            }
            catch (StateException error)
            {
                if (!opened.Task.IsCompleted && IsHopeless(error, began))
                {
                    opened.TrySetException(new CommandException($"the state plane {state.Shown} can't be used: {error.Message}"));
                }
                else if (retry == TimeSpan.Zero)
                {
                    run.Log.Event($"{Absence} {error.Message}");
                }

                retry = retry == TimeSpan.Zero ? FirstRetry : TimeSpan.FromTicks(Math.Min(retry.Ticks * 2, LastRetry.Ticks));
            }
            catch (ArgumentException error) when (engine is null)
            {
                opened.TrySetException(new CommandException($"the state plane {state.Shown} can't be used: {error.Message}"));
                break;
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        opened.TrySetCanceled();
        if (engine is not null)
        {
            await engine.DisposeAsync();
        }
    }

    public void Dispose()
    {
        closed.Dispose();
        wake.Dispose();
    }

    /// <summary>Waits for something to do; false when nothing will come any more.</summary>
    private async Task<bool> WaitAsync()
    {
        lock (gate)
        {
            if (closing)
            {
                return false;
            }
        }

        // It counts whole milliseconds, and a wait that ended too early would begin again and again.
        await wake.WaitAsync(TimeSpan.FromMilliseconds(Math.Ceiling(UntilNext().TotalMilliseconds)), closed.Token);
        return true;
    }

    private string Absence => !opened.Task.IsCompleted && state.IsElsewhere
        ? $"the state plane {state.Shown} does not answer, and is asked for {OpeningPatience.TotalSeconds:0} s:"
        : "the state plane does not answer, and is asked until it does; gateways go on with the instances that they know:";

    /// <summary>Whether a store that was not reached yet is not to be tried any longer.</summary>
    private bool IsHopeless(StateException error, long began) =>
        !error.IsTransient || (state.IsElsewhere && run.Clock.GetElapsedTime(began) >= OpeningPatience);

    /// <summary>Opens the store and makes the services known, without what an earlier run may have left of them.</summary>
    private async Task<ServiceRegistry> OpenAsync(CancellationToken cancellationToken)
    {
        engine ??= await StateEngines.OpenAsync(state.Url, new StateEngineOptions { Clock = run.Clock, Entropy = run.Entropy }, cancellationToken);
        var opening = new ServiceRegistry(engine);
        foreach (var service in services)
        {
            await opening.WithdrawAsync(service.Name, cancellationToken);
            await opening.DeclareAsync(service, cancellationToken);
        }

        opened.TrySetResult();
        return opening;
    }

    /// <summary>Does what is most urgent; false when nothing is to be done.</summary>
    private async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        registry ??= await OpenAsync(cancellationToken);
        if (await CarryRedeclarationAsync(cancellationToken))
        {
            return true;
        }

        RegistryEntry? entry;
        InstanceRegistration? removal;
        InstanceState state;
        lock (gate)
        {
            removals.TryPeek(out removal);
            entry = entries.Values.FirstOrDefault(static entry => entry.ToldState != entry.State)
                ?? entries.Values.FirstOrDefault(entry => entry.RenewAt <= run.Clock.GetTimestamp());
            state = entry?.State ?? default;
        }

        if (removal is not null)
        {
            await removal.RemoveAsync(cancellationToken);
            lock (gate)
            {
                removals.Dequeue();
            }

            return true;
        }

        if (entry is not null)
        {
            await BringUpToDateAsync(entry, state, cancellationToken);
        }

        return entry is not null;
    }

    /// <summary>Carries the next change of declarations to the store; false when there is none.</summary>
    private async Task<bool> CarryRedeclarationAsync(CancellationToken cancellationToken)
    {
        Redeclaration? redeclaration;
        IReadOnlyList<ServiceDeclaration> next;
        bool wasWithdrawn;
        lock (gate)
        {
            if (!redeclarations.TryPeek(out redeclaration))
            {
                return false;
            }

            (next, wasWithdrawn) = (redeclaration.Next(declarations), redeclaration.IsWithdrawn);
        }

        await registry!.DeclareAsync(next, cancellationToken);
        lock (gate)
        {
            // One that was withdrawn meanwhile begins again, with what was there before.
            if (redeclaration.IsWithdrawn == wasWithdrawn)
            {
                Take(next);
                redeclarations.Dequeue().End();
            }
        }

        return true;
    }

    /// <summary>What is written of instances from now on does not take it back.</summary>
    private void Take(IReadOnlyList<ServiceDeclaration> declared)
    {
        foreach (var service in declared)
        {
            declarations[service.Name] = service;
            foreach (var entry in entries.Values.Where(entry => entry.Service.Name == service.Name))
            {
                entry.Redeclare(service);
            }
        }
    }

    private long TicksOf(TimeSpan time) => (long)(time.TotalSeconds * run.Clock.TimestampFrequency);

    private async Task BringUpToDateAsync(RegistryEntry entry, InstanceState state, CancellationToken cancellationToken)
    {
        var renewAt = run.Clock.GetTimestamp() + TicksOf(ServiceRegistry.RenewalInterval);
        var isHeld = true;
        if (entry.Registration is null)
        {
            entry.Registration = await registry!.RegisterAsync(entry.Service, entry.Id, entry.Url, state, cancellationToken);
        }
        else
        {
            isHeld = entry.ToldState == state
                ? await entry.Registration.RenewAsync(cancellationToken)
                : await entry.Registration.SetStateAsync(state, cancellationToken);
        }

        if (!isHeld)
        {
            // Taking the name back at each renewal would only have both of us take turns; one try, at the next change.
            run.Log.Event($"{entry.Id} was registered by another process: give the services of topologies that share a store names of their own");
        }

        lock (gate)
        {
            (entry.ToldState, entry.RenewAt) = (state, isHeld ? renewAt : long.MaxValue);
            if (!entries.TryGetValue(entry.Id, out var current) || current != entry)
            {
                // It went while it was registered.
                removals.Enqueue(entry.Registration);
            }
        }
    }

    private void Drop(string id)
    {
        if (entries.Remove(id, out var entry) && entry.Registration is { } registration)
        {
            removals.Enqueue(registration);
        }
    }

    /// <summary>How long there is nothing to do but what is told meanwhile.</summary>
    private TimeSpan UntilNext()
    {
        lock (gate)
        {
            var next = entries.Values.Select(static entry => entry.RenewAt).DefaultIfEmpty(long.MaxValue).Min();
            var wait = next == long.MaxValue ? ServiceRegistry.RenewalInterval : run.Clock.GetElapsedTime(run.Clock.GetTimestamp(), next);
            return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
        }
    }
}
