namespace Holdfast;

/// <summary>Reads the registry's records, as the store has them at this moment.</summary>
internal static class RegistryReader
{
    public static async ValueTask<RegistryDirectory> ReadDirectoryAsync(StateEngine engine, CancellationToken cancellationToken)
    {
        var reading = await engine.ReadAsync(RegistryRecords.Services, Freshness.Latest, cancellationToken).ConfigureAwait(false);
        var names = reading.Record?.Fields.Keys.Order(StringComparer.Ordinal);
        return new RegistryDirectory([.. names ?? Enumerable.Empty<string>()], reading.At.Term);
    }

    /// <summary>
    /// Reads a service, its leases and then its partition's head: a loss of the store in between shows in the head, and
    /// never passes for a removal.
    /// </summary>
    public static async ValueTask<ServiceSighting> ReadServiceAsync(StateEngine engine, string name, CancellationToken cancellationToken)
    {
        var address = RegistryRecords.Service(name);
        var reading = await engine.ReadAsync(address, Freshness.Latest, cancellationToken).ConfigureAwait(false);
        var declaration = reading.Record is null ? null : RegistryRecords.Declared(reading.Record);
        var listed = declaration is null ? [] : RegistryRecords.Listed(reading.Record!);
        var instances = await ReadInstancesAsync(engine, name, listed, cancellationToken).ConfigureAwait(false);
        var head = await engine.ReadHeadAsync(engine.Partitions.PartitionOf(address), cancellationToken).ConfigureAwait(false);
        var service = declaration is null ? null : new RegisteredService(declaration, instances);
        return new ServiceSighting(name, service, listed, reading.At, head);
    }

    private static async ValueTask<IReadOnlyList<RegisteredInstance>> ReadInstancesAsync(
        StateEngine engine, string service, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var instances = new List<RegisteredInstance>(ids.Count);
        foreach (var some in ids.Chunk(StateLimits.MaxRecordsPerCommit))
        {
            Address[] leases = [.. some.Select(id => RegistryRecords.Instance(service, id))];
            foreach (var reading in await engine.ReadManyAsync(leases, cancellationToken).ConfigureAwait(false))
            {
                if (reading.Record is { } lease && RegistryRecords.Told(lease) is { } instance)
                {
                    instances.Add(instance);
                }
            }
        }

        return instances;
    }
}
