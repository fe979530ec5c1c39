namespace Holdfast;

/// <summary>
/// Which services there are, where their instances listen and how they are: records, leases and watches, nothing else.
/// A supervisor writes it; gateways follow it. Safe for concurrent use.
/// </summary>
/// <remarks>
/// All calls fail with <see cref="StateException"/> as the engine's do, <see cref="FollowAsync"/> excepted, which
/// keeps what it knew.
/// </remarks>
public sealed class ServiceRegistry
{
    /// <summary>How long an instance stays listed after its last renewal. 15 s.</summary>
    public static readonly TimeSpan LeaseLifetime = TimeSpan.FromSeconds(15);

    /// <summary>How often the writer calls <see cref="InstanceRegistration.RenewAsync"/>. 3 s.</summary>
    public static readonly TimeSpan RenewalInterval = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How long after the store's return a follower keeps a ready instance whose lease ran out while the store was
    /// away, so that its writer has time to register it again. 10 s.
    /// </summary>
    public static readonly TimeSpan ReturnGrace = TimeSpan.FromSeconds(10);

    private readonly StateEngine engine;

    /// <summary>Uses the registry in the engine's store.</summary>
    public ServiceRegistry(StateEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        this.engine = engine;
    }

    /// <summary>Makes the service known, or changes its routes, health path and settings; its instances stay.</summary>
    public async ValueTask DeclareAsync(ServiceDeclaration service, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(service);
        var declared = await engine.CommitAsync(new Commit(RegistryRecords.Describe(service)), cancellationToken).ConfigureAwait(false);
        if (declared.Records is [{ } record, ..] && RegistryRecords.RemoveOldSettings(service, record) is { } removal)
        {
            await engine.CommitAsync(new Commit(removal), cancellationToken).ConfigureAwait(false);
        }

        await ListAsync(service.Name, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes the service and all its instances out. No effect if there is none.</summary>
    public async ValueTask WithdrawAsync(string service, CancellationToken cancellationToken = default)
    {
        var unlist = RecordChange.Update(RegistryRecords.Services).Remove(service);
        await engine.CommitAsync(new Commit(unlist), cancellationToken).ConfigureAwait(false);

        var record = (await engine.ReadAsync(RegistryRecords.Service(service), default, cancellationToken).ConfigureAwait(false)).Record;
        if (record is null)
        {
            return;
        }

        foreach (var ids in RegistryRecords.Listed(record).Chunk(StateLimits.MaxRecordsPerCommit - 1))
        {
            IEnumerable<RecordChange> leases = ids.Select(id => RecordChange.Delete(RegistryRecords.Instance(service, id)));
            await engine.CommitAsync(new Commit([.. leases]), cancellationToken).ConfigureAwait(false);
        }

        await engine.CommitAsync(new Commit(RecordChange.Delete(record.Address)), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Registers an instance: its lease, its listing and the service's declaration in one commit. An earlier
    /// registration of the same id is replaced; its <see cref="InstanceRegistration"/> can change nothing any more.
    /// </summary>
    /// <param name="service">The service.</param>
    /// <param name="id">The instance's name, of the same characters as a service's and unique within the service.</param>
    /// <param name="url">Where it listens, absolute.</param>
    /// <param name="state">How far it is.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public ValueTask<InstanceRegistration> RegisterAsync(
        ServiceDeclaration service, string id, Uri url, InstanceState state = InstanceState.Starting, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(url);
        return RegisterAsync(service, new RegisteredInstance(id, url, state), cancellationToken);
    }

    /// <summary>
    /// Registers an instance with its region and weight: its lease, its listing and the service's declaration in one
    /// commit. An earlier registration of the same id is replaced; its <see cref="InstanceRegistration"/> can change nothing any more.
    /// </summary>
    public async ValueTask<InstanceRegistration> RegisterAsync(
        ServiceDeclaration service, RegisteredInstance instance, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(instance);
        if (!instance.Url.IsAbsoluteUri)
        {
            throw new ArgumentException($"An instance's URL is absolute, such as http://127.0.0.1:5001, not '{instance.Url}'.", nameof(instance));
        }

        if (instance.Weight is < 1 or > RegisteredInstance.MaxWeight)
        {
            throw new ArgumentException($"An instance's weight is from 1 to {RegisteredInstance.MaxWeight}, not {instance.Weight}.", nameof(instance));
        }

        await ListAsync(service.Name, cancellationToken).ConfigureAwait(false);
        var registration = new InstanceRegistration(this, engine, service, instance);
        await registration.EnterAsync(replace: true, cancellationToken).ConfigureAwait(false);
        return registration;
    }

    /// <summary>Takes out listings whose lease has run out, and tells how many.</summary>
    public async ValueTask<int> SweepAsync(string service, CancellationToken cancellationToken = default)
    {
        var swept = 0;
        var record = (await engine.ReadAsync(RegistryRecords.Service(service), default, cancellationToken).ConfigureAwait(false)).Record;
        foreach (var id in record is null ? [] : RegistryRecords.Listed(record))
        {
            var listing = RegistryRecords.Listing(id);
            var result = await engine.CommitAsync(
                new Commit(
                    RecordChange.Keep(RegistryRecords.Instance(service, id)).When(Condition.Absent),
                    RecordChange.Update(record!.Address).When(Condition.FieldIs(listing, record[listing]!.Value)).Remove(listing)),
                cancellationToken).ConfigureAwait(false);
            swept += result.IsCommitted ? 1 : 0;
        }

        return swept;
    }

    /// <summary>Reads every service and its instances as they are.</summary>
    public async ValueTask<RegistrySnapshot> ReadAsync(CancellationToken cancellationToken = default)
    {
        var services = new List<RegisteredService>();
        var directory = await RegistryReader.ReadDirectoryAsync(engine, cancellationToken).ConfigureAwait(false);
        foreach (var name in directory.Names)
        {
            var sighting = await RegistryReader.ReadServiceAsync(engine, name, cancellationToken).ConfigureAwait(false);
            if (sighting.Service is { } service)
            {
                services.Add(service);
            }
        }

        return new RegistrySnapshot(services);
    }

    /// <summary>
    /// Tells the registry as it is, and again whenever it has changed: joins, drains and deaths within a second, a
    /// lease that ran out within a second of that. While the store is away nothing is told; what was told last stays
    /// true as far as anybody knows. After its return, instances that were ready stay for <see cref="ReturnGrace"/>
    /// though their lease is gone, unless they were taken out. Ends only by cancellation.
    /// </summary>
    public IAsyncEnumerable<RegistrySnapshot> FollowAsync(CancellationToken cancellationToken = default) =>
        new RegistryFollower(engine).FollowAsync(cancellationToken);

    /// <summary>Enters the service in the list of services, if it is not there.</summary>
    internal async ValueTask ListAsync(string service, CancellationToken cancellationToken)
    {
        var list = RecordChange.Update(RegistryRecords.Services).When(Condition.FieldAbsent(service)).Set(service, "");
        await engine.CommitAsync(new Commit(list), cancellationToken).ConfigureAwait(false);
    }
}
