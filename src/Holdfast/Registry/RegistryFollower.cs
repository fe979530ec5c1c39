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
    private readonly RegistryMemory memory = new(engine.Options.Clock);

    public async IAsyncEnumerable<RegistrySnapshot> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pulses = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        var watches = new RegistryWatches(engine, () => pulses.Writer.TryWrite(true));
        await using var ending = watches.ConfigureAwait(false);
        using var timer = engine.Options.Clock.CreateTimer(_ => pulses.Writer.TryWrite(true), null, Interval, Interval);

        RegistrySnapshot? told = null;
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
        var askedAt = engine.Options.Clock.GetTimestamp();
        try
        {
            await watches.WatchAsync(RegistryRecords.Services, cancellationToken).ConfigureAwait(false);
            var directory = await RegistryReader.ReadDirectoryAsync(engine, cancellationToken).ConfigureAwait(false);
            var names = directory.Names.Union(memory.Known).ToArray();
            var found = new List<ServiceSighting>(names.Length);
            foreach (var name in names)
            {
                await watches.WatchAsync(RegistryRecords.Service(name), cancellationToken).ConfigureAwait(false);
                found.Add(await RegistryReader.ReadServiceAsync(engine, name, cancellationToken).ConfigureAwait(false));
            }

            await watches.KeepOnlyAsync([RegistryRecords.Services, .. names.Select(RegistryRecords.Service)]).ConfigureAwait(false);
            TellReturned();
            memory.StoreAnswered(askedAt, directory.Term);
            return memory.Reconcile(found);
        }
        catch (StateException fault)
        {
            TellAway(fault);
            memory.StoreIsAway();
            return null;
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
