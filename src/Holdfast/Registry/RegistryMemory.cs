namespace Holdfast;

/// <summary>
/// What a follower knew before, and for how long that still counts. A lease can run out while the store is away, though
/// its instance is well; for <see cref="ServiceRegistry.ReturnGrace"/> after the store's return such an instance stays,
/// if it was ready. Its listing tells the two apart: who was taken out is not listed any more. Where the service's
/// record itself is gone, or is another, the store has lost it, and the listing's absence tells nothing.
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

    /// <summary>What is known, given what was found.</summary>
    public RegistrySnapshot Reconcile(IReadOnlyList<ServiceSighting> found)
    {
        if (graceFrom is { } from && clock.GetElapsedTime(from) >= ServiceRegistry.ReturnGrace)
        {
            graceFrom = null;
            spared = [];
        }

        var sightings = found.ToDictionary(static sighting => sighting.Service.Name);
        spared = [.. spared.Select(one => StillSpared(one, sightings.GetValueOrDefault(one.Service.Name))).OfType<Remembered>()];
        foreach (var missing in spared.Where(one => !IsPresent(one, sightings)).GroupBy(static one => one.Service.Name))
        {
            sightings[missing.Key] = With(missing, sightings.GetValueOrDefault(missing.Key));
        }

        known = [.. sightings.Values.SelectMany(Ready)];
        var services = sightings.Values.Select(static sighting => sighting.Service);
        return new RegistrySnapshot([.. services.OrderBy(static service => service.Name, StringComparer.Ordinal)]);
    }

    /// <summary>The instance as it is to be remembered from now on; null when its absence would be meant.</summary>
    private static Remembered? StillSpared(Remembered one, ServiceSighting? found)
    {
        if (found is null)
        {
            return one;
        }

        if (found.Service.Instances.FirstOrDefault(instance => instance.Id == one.Instance.Id) is { } present)
        {
            return present.State == InstanceState.Ready ? new Remembered(found.Service.Declaration, present, found.Birth) : null;
        }

        var wasTakenOut = found.Birth == one.Birth && !found.Listed.Contains(one.Instance.Id);
        return wasTakenOut ? null : one;
    }

    private static bool IsPresent(Remembered one, Dictionary<string, ServiceSighting> sightings) =>
        sightings.TryGetValue(one.Service.Name, out var sighting)
        && sighting.Service.Instances.Any(instance => instance.Id == one.Instance.Id);

    private static ServiceSighting With(IGrouping<string, Remembered> missing, ServiceSighting? found)
    {
        var first = missing.First();
        found ??= new ServiceSighting(new RegisteredService(first.Service, []), [], first.Birth);
        var instances = found.Service.Instances.Concat(missing.Select(static one => one.Instance))
            .OrderBy(static instance => instance.Id, StringComparer.Ordinal);
        return found with { Service = new RegisteredService(found.Service.Declaration, [.. instances]) };
    }

    private static IEnumerable<Remembered> Ready(ServiceSighting sighting) =>
        sighting.Service.Instances
            .Where(static instance => instance.State == InstanceState.Ready)
            .Select(instance => new Remembered(sighting.Service.Declaration, instance, sighting.Birth));

    /// <summary>A ready instance, its service, and the birth of the service's record that listed it.</summary>
    private sealed record Remembered(ServiceDeclaration Service, RegisteredInstance Instance, long Birth);
}
