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

    /// <summary>How often everything is read before somebody counts as declaring services without end.</summary>
    private const int MaxReadings = 20;

    private readonly StateEngine engine;
    private readonly DeclarationWriter declarations;

    /// <summary>Uses the registry in the engine's store.</summary>
    public ServiceRegistry(StateEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        this.engine = engine;
        declarations = new DeclarationWriter(engine);
    }

    /// <summary>Makes the service known, or changes its routes, health path and settings; its instances stay. Writes nothing where it is declared so already.</summary>
    public ValueTask DeclareAsync(ServiceDeclaration service, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(service);
        return declarations.DeclareAsync([service], cancellationToken);
    }

    /// <summary>
    /// Declares several services as one: whoever reads the registry, or follows it, finds all of them as they were or all of them as they are now. Of
    /// several who declare the same services at the same time each is done as a whole, one after the other.
    /// </summary>
    public async ValueTask DeclareAsync(IReadOnlyList<ServiceDeclaration> services, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.Count > 0)
        {
            await declarations.DeclareAsync(services, cancellationToken).ConfigureAwait(false);
        }
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
        if (!RegistryRecords.IsServed(instance.Url))
        {
            throw new ArgumentException($"An instance's URL is absolute and of http or https, such as http://127.0.0.1:5001, not '{instance.Url}'.", nameof(instance));
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
    /// <exception cref="StateUnavailableException">Also when several services are declared as one again and again, so that no reading of all finds them of one time.</exception>
    public async ValueTask<RegistrySnapshot> ReadAsync(CancellationToken cancellationToken = default)
    {
        for (var reading = 1; ; reading++)
        {
            var directory = await RegistryReader.ReadDirectoryAsync(engine, cancellationToken).ConfigureAwait(false);
            var (found, isWhole) = await RegistryReader.ReadServicesAsync(engine, directory, directory.Names, static _ => null, cancellationToken).ConfigureAwait(false);
            if (isWhole)
            {
                return new RegistrySnapshot([.. found.Select(static sighting => sighting.Service).OfType<RegisteredService>()]);
            }

            if (reading == MaxReadings)
            {
                throw new StateUnavailableException($"Services were declared anew each of the {MaxReadings} times that the registry was read. Read it again once nobody declares any.");
            }

            await RegistryReader.PauseAsync(engine, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Tells the registry as it is, and again whenever it has changed: joins, drains and deaths within a second, a
    /// lease that ran out within a second of that. While the store is away nothing is told; what was told last stays
    /// true as far as anybody knows. After its return, instances that were ready stay for <see cref="ReturnGrace"/>
    /// though their lease is gone, unless they were taken out. A service whose record can't be understood any more stays as it was declared before, and the engine's
    /// log says why. Ends only by cancellation.
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
