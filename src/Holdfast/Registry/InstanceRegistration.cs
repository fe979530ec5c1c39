using System.Globalization;

namespace Holdfast;

/// <summary>
/// An instance that this process has registered, held by a lease that must be renewed every
/// <see cref="ServiceRegistry.RenewalInterval"/>. One call at a time.
/// </summary>
public sealed class InstanceRegistration
{
    private readonly ServiceRegistry registry;
    private readonly StateEngine engine;
    private ServiceDeclaration declaration;
    private readonly Address lease;
    private readonly string writer;
    private long token;

    internal InstanceRegistration(ServiceRegistry registry, StateEngine engine, ServiceDeclaration service, RegisteredInstance instance)
    {
        (this.registry, this.engine, declaration) = (registry, engine, service);
        Instance = instance;
        writer = engine.Options.Entropy.NextText(16);
        lease = RegistryRecords.Instance(service.Name, instance.Id);
    }

    /// <summary>The service's name.</summary>
    public string Service => declaration.Name;

    /// <summary>
    /// What the service is declared as whenever the instance is written: its state, or its lease that had run out. Who changes a declaration by
    /// <see cref="ServiceRegistry.DeclareAsync(ServiceDeclaration, CancellationToken)"/> sets it here too, or the next such write takes the change back.
    /// </summary>
    /// <exception cref="ArgumentException">It is set to another service's.</exception>
    public ServiceDeclaration Declaration
    {
        get => declaration;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            declaration = value.Name == Service ? value : throw new ArgumentException($"The instance is one of {Service}, not of {value.Name}.", nameof(value));
        }
    }

    /// <summary>The instance, in the state that was set last.</summary>
    public RegisteredInstance Instance { get; private set; }

    private Condition Fence => Condition.BornAt(token);

    private ReadOnlyMemory<byte> Url => RegistryRecords.Bytes(Instance.Url.ToString());

    /// <summary>
    /// Prolongs the lease. One that ran out while the store was away is taken again, with listing and state as they were.
    /// </summary>
    /// <returns>False when another process has registered the same id since: this registration is over.</returns>
    public async ValueTask<bool> RenewAsync(CancellationToken cancellationToken = default)
    {
        var touch = new Commit(
            RecordChange.Keep(lease).When(Fence).ExpireAfter(ServiceRegistry.LeaseLifetime),
            RecordChange.Keep(RegistryRecords.Service(Service)).When(Condition.FieldIs(RegistryRecords.Listing(Instance.Id), Url)))
        {
            Durability = Durability.Written,
        };
        var result = await engine.CommitAsync(touch, cancellationToken).ConfigureAwait(false);
        return result.IsCommitted || await ReturnAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sets the state, and prolongs the lease.</summary>
    /// <returns>False when another process has registered the same id since: this registration is over.</returns>
    public async ValueTask<bool> SetStateAsync(InstanceState state, CancellationToken cancellationToken = default)
    {
        Instance = Instance with { State = state };
        var result = await engine.CommitAsync(new Commit(Hold(Fence), List()), cancellationToken).ConfigureAwait(false);
        return result.IsCommitted || await ReturnAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes the instance out: lease and listing in one commit. No effect when another process has registered the same id since.</summary>
    public async ValueTask RemoveAsync(CancellationToken cancellationToken = default)
    {
        var unlist = RecordChange.Update(RegistryRecords.Service(Service)).When(Condition.Exists).Remove(RegistryRecords.Listing(Instance.Id));
        var held = new Commit(RecordChange.Delete(lease).When(Fence), unlist);
        if (!(await engine.CommitAsync(held, cancellationToken).ConfigureAwait(false)).IsCommitted)
        {
            var lost = new Commit(RecordChange.Keep(lease).When(Condition.Absent), unlist);
            await engine.CommitAsync(lost, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes the lease and lists the instance; false when another holds it and shall not be replaced.</summary>
    internal async ValueTask<bool> EnterAsync(bool replace, CancellationToken cancellationToken)
    {
        while (true)
        {
            var enter = new Commit(Hold(Condition.Absent), List());
            var result = await engine.CommitAsync(enter, cancellationToken).ConfigureAwait(false);
            var holder = result.IsCommitted ? result.Records[0] : result.Refusal!.Current;
            if (holder?.Text(RegistryRecords.WriterField) == writer)
            {
                // Ours: made, or made by an earlier try whose answer was lost.
                token = holder.Birth;
                return true;
            }

            if (holder is not null)
            {
                if (!replace)
                {
                    return false;
                }

                var evict = RecordChange.Delete(lease).When(Condition.BornAt(holder.Birth));
                await engine.CommitAsync(new Commit(evict), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The lease's record, whole.</summary>
    private RecordChange Hold(Condition condition)
    {
        var lasting = RecordChange.Update(lease).When(condition)
            .Set(RegistryRecords.UrlField, Url)
            .Set(RegistryRecords.StateField, RegistryRecords.TextOf(Instance.State))
            .Set(RegistryRecords.WriterField, writer);
        if (Instance.Region.Length > 0)
        {
            lasting = lasting.Set(RegistryRecords.RegionField, Instance.Region);
        }

        if (Instance.Weight != RegisteredInstance.DefaultWeight)
        {
            lasting = lasting.Set(RegistryRecords.WeightField, Instance.Weight.ToString(CultureInfo.InvariantCulture));
        }

        return lasting.ExpireAfter(ServiceRegistry.LeaseLifetime);
    }

    /// <summary>The service's record, declared whole: a store that lost it gets it back with its first instance.</summary>
    private RecordChange List() => RegistryRecords.Describe(declaration).Set(RegistryRecords.Listing(Instance.Id), Url);

    /// <summary>Enters again when the lease ran out, or the listing was lost or swept meanwhile.</summary>
    private async ValueTask<bool> ReturnAsync(CancellationToken cancellationToken)
    {
        await registry.ListAsync(Service, cancellationToken).ConfigureAwait(false);
        var result = await engine.CommitAsync(new Commit(Hold(Fence), List()), cancellationToken).ConfigureAwait(false);
        return result.IsCommitted || await EnterAsync(replace: false, cancellationToken).ConfigureAwait(false);
    }
}
