namespace Holdfast;

/// <summary>
/// What a follower knew before, and for how long that still counts. A lease can run out while the store is away, though
/// its instance is well; for <see cref="ServiceRegistry.ReturnGrace"/> after the store's return such an instance stays,
/// if it was ready. Its listing tells the two apart: who was taken out is not listed any more. But where the partition
/// does not know the moment of the earlier reading, the store has lost what it held, and absence tells nothing.
/// </summary>
internal sealed class RegistryMemory(TimeProvider clock)
{
    /// <summary>An answer that took longer counts as the store having been away: leases may have run out in it.</summary>
    private static readonly TimeSpan SlowestAnswer = TimeSpan.FromSeconds(1);

    private IReadOnlyList<Remembered> known = [];
    private IReadOnlyList<Remembered> spared = [];
    private long? graceFrom;
    private long? term;

    /// <summary>Whether the last attempt to read the store failed.</summary>
    public bool IsStoreAway { get; private set; }

    public void StoreIsAway() => IsStoreAway = true;

    /// <summary>Takes note of an answer of the store, which began to be asked at this time.</summary>
    public void StoreAnswered(long askedAt, long answeringTerm)
    {
        if (IsStoreAway || clock.GetElapsedTime(askedAt) > SlowestAnswer || (term is { } last && last != answeringTerm))
        {
            graceFrom = clock.GetTimestamp();
            spared = known;
        }

        IsStoreAway = false;
        term = answeringTerm;
    }

    /// <summary>The services with remembered instances: to be read though they may be listed no more.</summary>
    public IEnumerable<string> Known => known.Select(static one => one.Service.Name).Distinct();

    /// <summary>What is known, given what was found.</summary>
    public RegistrySnapshot Reconcile(IReadOnlyList<ServiceSighting> found)
    {
        if (graceFrom is { } from && clock.GetElapsedTime(from) >= ServiceRegistry.ReturnGrace)
        {
            graceFrom = null;
            spared = [];
        }

        var sightings = found.ToDictionary(static sighting => sighting.Name);
        spared = [.. spared.Select(one => StillSpared(one, sightings.GetValueOrDefault(one.Service.Name))).OfType<Remembered>()];
        var missing = spared.Where(one => InstanceOf(one, sightings.GetValueOrDefault(one.Service.Name)) is null).ToArray();
        known = [.. found.SelectMany(ReadyOf), .. missing];
        return new RegistrySnapshot(
        [
            .. found.Select(static sighting => sighting.Service).OfType<RegisteredService>()
                .Concat(missing.Select(static one => new RegisteredService(one.Service, [one.Instance])))
                .GroupBy(static service => service.Name, StringComparer.Ordinal)
                .OrderBy(static parts => parts.Key, StringComparer.Ordinal)
                .Select(Whole),
        ]);
    }

    /// <summary>The instance as it is to be remembered from now on; null when its absence is meant.</summary>
    private static Remembered? StillSpared(Remembered one, ServiceSighting? found)
    {
        if (InstanceOf(one, found) is { } present)
        {
            return present.State == InstanceState.Ready ? new Remembered(found!.Service!.Declaration, present, found.At) : null;
        }

        var wasTakenOut = found is not null && found.Head.Contains(one.At) && !found.Listed.Contains(one.Instance.Id);
        return wasTakenOut ? null : one;
    }

    private static RegisteredInstance? InstanceOf(Remembered one, ServiceSighting? found) =>
        found?.Service?.Instances.FirstOrDefault(instance => instance.Id == one.Instance.Id);

    private static IEnumerable<Remembered> ReadyOf(ServiceSighting sighting) =>
        sighting.Service is not { } service ? []
        : service.Instances
            .Where(static instance => instance.State == InstanceState.Ready)
            .Select(instance => new Remembered(service.Declaration, instance, sighting.At));

    /// <summary>One service of what was found and what is missing of it; what was found declares it.</summary>
    private static RegisteredService Whole(IGrouping<string, RegisteredService> parts) =>
        new(
            parts.First().Declaration,
            [.. parts.SelectMany(static part => part.Instances).OrderBy(static instance => instance.Id, StringComparer.Ordinal)]);

    /// <summary>A ready instance, its service, and the moment at which both were read.</summary>
    private sealed record Remembered(ServiceDeclaration Service, RegisteredInstance Instance, Stamp At);
}
