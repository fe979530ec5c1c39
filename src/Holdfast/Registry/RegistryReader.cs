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

    /// <summary>Reads a service and its leases; null when nothing declares it.</summary>
    public static async ValueTask<ServiceSighting?> ReadServiceAsync(StateEngine engine, string name, CancellationToken cancellationToken)
    {
        var record = (await engine.ReadAsync(RegistryRecords.Service(name), Freshness.Latest, cancellationToken).ConfigureAwait(false)).Record;
        if (record is null || RegistryRecords.Declared(record) is not { } declaration)
        {
            return null;
        }

        var listed = RegistryRecords.Listed(record);
        var instances = new List<RegisteredInstance>(listed.Count);
        foreach (var ids in listed.Chunk(StateLimits.MaxRecordsPerCommit))
        {
            Address[] leases = [.. ids.Select(id => RegistryRecords.Instance(name, id))];
            foreach (var reading in await engine.ReadManyAsync(leases, cancellationToken).ConfigureAwait(false))
            {
                if (reading.Record is { } lease && RegistryRecords.Told(lease) is { } instance)
                {
                    instances.Add(instance);
                }
            }
        }

        return new ServiceSighting(new RegisteredService(declaration, instances), listed, record.Birth);
    }
}
