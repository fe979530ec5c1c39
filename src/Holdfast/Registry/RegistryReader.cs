using Holdfast.Redis;

namespace Holdfast;

/// <summary>Reads the registry's records, as the store has them at this moment.</summary>
internal static class RegistryReader
{
    /// <summary>How long whoever reads waits before he reads again, and whoever writes at first.</summary>
    public static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(50);

    public static async ValueTask<RegistryDirectory> ReadDirectoryAsync(StateEngine engine, CancellationToken cancellationToken)
    {
        var reading = await engine.ReadAsync(RegistryRecords.Services, Freshness.Latest, cancellationToken).ConfigureAwait(false);
        return RegistryDirectory.Of(reading.Record, reading.At);
    }

    /// <summary>
    /// Reads services as that list of services has them, and tells whether it has them so still. If not, what was read may be declarations of this one and of another.
    /// </summary>
    /// <param name="engine">The store.</param>
    /// <param name="directory">The list.</param>
    /// <param name="names">The services.</param>
    /// <param name="before">As what a service counts whose declaration can't be understood; null for none.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async ValueTask<(IReadOnlyList<ServiceSighting> Found, bool IsWhole)> ReadServicesAsync(
        StateEngine engine, RegistryDirectory directory, IReadOnlyList<string> names, Func<string, ServiceDeclaration?> before, CancellationToken cancellationToken)
    {
        // All at once, and instances after that: who declares several as one takes longer than what is between these two readings of the list, so
        // that he does not come between again and again.
        var declared = await Task.WhenAll(names.Select(name => engine.ReadAsync(RegistryRecords.Service(name), Freshness.Latest, cancellationToken).AsTask())).ConfigureAwait(false);
        var isOne = directory.HoldsLike(await ReadDirectoryAsync(engine, cancellationToken).ConfigureAwait(false));
        var found = new List<ServiceSighting>(names.Count);
        foreach (var (name, reading) in names.Zip(declared))
        {
            found.Add(await ReadServiceAsync(engine, name, directory.VersionOf(name), reading, before, cancellationToken).ConfigureAwait(false));
        }

        // Leases that are not there may have been lost with a server, of which who has it remembered must hear first.
        return (found, isOne && (await ReadDirectoryAsync(engine, cancellationToken).ConfigureAwait(false)).Term == directory.Term);
    }

    /// <summary>Gives whoever changes the list of services time to be done with it.</summary>
    public static Task PauseAsync(StateEngine engine, CancellationToken cancellationToken) =>
        Task.Delay(Backoff.Jittered(RetryPause, engine.Options.Entropy), engine.Options.Clock, cancellationToken);

    /// <summary>
    /// Reads a service's leases, and then its partition's head: a loss of the store in between shows in the head, and
    /// never passes for a removal.
    /// </summary>
    private static async ValueTask<ServiceSighting> ReadServiceAsync(
        StateEngine engine, string name, string version, Reading reading, Func<string, ServiceDeclaration?> before, CancellationToken cancellationToken)
    {
        string? problem = null;
        var declaration = reading.Record is null ? null : RegistryRecords.Declared(reading.Record, version, out problem);
        declaration ??= problem is null ? null : before(name);
        var listed = declaration is null ? [] : RegistryRecords.Listed(reading.Record!);
        var instances = await ReadInstancesAsync(engine, name, listed, cancellationToken).ConfigureAwait(false);
        var head = await engine.ReadHeadAsync(engine.Partitions.PartitionOf(RegistryRecords.Service(name)), cancellationToken).ConfigureAwait(false);
        var service = declaration is null ? null : new RegisteredService(declaration, instances);
        return new ServiceSighting(name, service, listed, reading.At, head, problem);
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
