using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Holdfast;

/// <summary>
/// Reads the registry whenever one of its records was changed, and once a second besides: an expiry and a lost push
/// show themselves then, as does the store's absence.
/// </summary>
internal sealed class RegistryFollower(StateEngine engine)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>How often everything is read before the list of services counts as changed without end.</summary>
    private const int MaxAttempts = 5;

    private readonly RegistryMemory memory = new(engine.Options.Clock);
    private RegistrySnapshot? told;
    private string toldProblems = "";

    public async IAsyncEnumerable<RegistrySnapshot> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pulses = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        var watches = new RegistryWatches(engine, () => pulses.Writer.TryWrite(true));
        await using var ending = watches.ConfigureAwait(false);
        using var timer = engine.Options.Clock.CreateTimer(_ => pulses.Writer.TryWrite(true), null, Interval, Interval);

        while (true)
        {
            if (await TryReadAsync(watches, cancellationToken).ConfigureAwait(false) is { } snapshot && !snapshot.Equals(told))
            {
                told = snapshot;
                yield return snapshot;
            }

            await pulses.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads everything, each record watched before it is read; null when the store is away.</summary>
    private async ValueTask<RegistrySnapshot?> TryReadAsync(RegistryWatches watches, CancellationToken cancellationToken)
    {
        try
        {
            await watches.WatchAsync(RegistryRecords.Services, cancellationToken).ConfigureAwait(false);
            for (var attempt = 1; ; attempt++)
            {
                var askedAt = engine.Options.Clock.GetTimestamp();
                var directory = await RegistryReader.ReadDirectoryAsync(engine, cancellationToken).ConfigureAwait(false);
                string[] names = [.. directory.Names.Union(memory.Known)];
                foreach (var name in names)
                {
                    await watches.WatchAsync(RegistryRecords.Service(name), cancellationToken).ConfigureAwait(false);
                }

                var (found, isWhole) = await RegistryReader.ReadServicesAsync(engine, directory, names, name => told?[name]?.Declaration, cancellationToken).ConfigureAwait(false);
                if (isWhole || (attempt >= MaxAttempts && told is not null))
                {
                    await watches.KeepOnlyAsync([RegistryRecords.Services, .. names.Select(RegistryRecords.Service)]).ConfigureAwait(false);
                    TellReturned();
                    TellProblems(found);
                    memory.StoreAnswered(askedAt, directory.Term);
                    return memory.Reconcile(isWhole ? found : [.. found.Select(AsTold)]);
                }

                await RegistryReader.PauseAsync(engine, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (StateException fault)
        {
            TellAway(fault);
            memory.StoreIsAway();
            return null;
        }
    }

    /// <summary>
    /// The service as it was declared when it was told last, with the instances that it has by now: those may not wait until nobody changes declarations any more.
    /// </summary>
    private ServiceSighting AsTold(ServiceSighting sighting) => sighting with
    {
        Service = sighting.Service is { } service && told?[sighting.Name] is { } before ? new RegisteredService(before.Declaration, service.Instances) : null,
    };

    /// <summary>Once, and not with each reading.</summary>
    private void TellProblems(IReadOnlyList<ServiceSighting> found)
    {
        string[] problems =
        [
            .. found.Where(static sighting => sighting.Problem is not null).Select(static sighting =>
                $"The registry's record of {sighting.Name} can't be understood, and it {(sighting.Service is null ? "is left out" : "stays as it was declared before")}. {sighting.Problem}"),
        ];
        var text = string.Join('\n', problems);
        if (text == toldProblems)
        {
            return;
        }

        toldProblems = text;
        foreach (var problem in problems)
        {
            engine.Options.Log(new EngineEvent(EngineEventLevel.Error, "DeclarationUnreadable", problem));
        }
    }

    private void TellAway(StateException fault)
    {
        if (!memory.IsStoreAway)
        {
            var message = $"The instance registry can't be read; what was known stays in use. {fault.Message}";
            engine.Options.Log(new EngineEvent(EngineEventLevel.Warning, "RegistryAway", message, fault));
        }
    }

    private void TellReturned()
    {
        if (memory.IsStoreAway)
        {
            engine.Options.Log(new EngineEvent(EngineEventLevel.Information, "RegistryReturned", "The instance registry is read again."));
        }
    }
}
