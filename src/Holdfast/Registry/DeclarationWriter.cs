using Holdfast.Redis;

namespace Holdfast;

/// <summary>
/// Declares services, several as one. Their records are in several partitions, which have no commit in common, and others may do the same at the same time. So
/// whoever declares changes the list of services first: whatever another has prepared by an earlier list can then not come to hold any more. A service's record
/// is changed only as it was read, and only if the list was still the same after that: what is replaced in it is then either over, or no
/// other's. That also goes for a commit that is executed when its sender has given it up, if anything is written after it. What is declared so already is left alone,
/// which stops no commit that another process has left behind.
/// </summary>
internal sealed class DeclarationWriter(StateEngine engine)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>How many were begun here and not done. Their commits may still be executed: who declares after them writes in any case, which has those come to nothing.</summary>
    private int undone;

    /// <summary>Declares the services, however often others who do the same come between.</summary>
    public async ValueTask DeclareAsync(IReadOnlyList<ServiceDeclaration> services, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref undone) == 0 && await AreDeclaredAsync(services, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        Interlocked.Increment(ref undone);
        var pauses = new Backoff(RegistryReader.RetryPause, LongestPause, engine.Options.Entropy);
        while (!await TryDeclareAsync(services, pauses, cancellationToken).ConfigureAwait(false))
        {
            await PauseAsync(pauses, cancellationToken).ConfigureAwait(false);
        }

        Interlocked.Decrement(ref undone);
    }

    /// <summary>Whether all are declared so, and nobody has prepared anything else.</summary>
    private async ValueTask<bool> AreDeclaredAsync(IReadOnlyList<ServiceDeclaration> services, CancellationToken cancellationToken)
    {
        var list = await RegistryReader.ReadDirectoryAsync(engine, cancellationToken).ConfigureAwait(false);
        foreach (var service in services)
        {
            var known = (await engine.ReadAsync(RegistryRecords.Service(service.Name), Freshness.Latest, cancellationToken).ConfigureAwait(false)).Record;
            if (!list.Versions.TryGetValue(service.Name, out var version) || known is null || RegistryRecords.HasNext(known)
                || !service.Equals(RegistryRecords.Declared(known, version)))
            {
                return false;
            }
        }

        return list.IsSameAs(await RegistryReader.ReadDirectoryAsync(engine, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>The more there are who declare at the same time, the longer each of them waits.</summary>
    private Task PauseAsync(Backoff pauses, CancellationToken cancellationToken) => Task.Delay(pauses.Next(), engine.Options.Clock, cancellationToken);

    private async ValueTask<bool> TryDeclareAsync(IReadOnlyList<ServiceDeclaration> services, Backoff pauses, CancellationToken cancellationToken)
    {
        // (1) What others have prepared is over.
        if (await ListAsync(services, cancellationToken).ConfigureAwait(false) is not { } list)
        {
            return false;
        }

        if (services is [var only])
        {
            return await TryChangeAsync(only.Name, list, known => RegistryRecords.Describe(only, known), pauses, cancellationToken).ConfigureAwait(false);
        }

        // (2) Each gets the new declaration beside the one that holds.
        var version = engine.Options.Entropy.NextText(16);
        foreach (var service in services)
        {
            var holding = list.VersionOf(service.Name);
            if (!await TryChangeAsync(service.Name, list, known => RegistryRecords.DescribeNext(service, version, known, holding), pauses, cancellationToken).ConfigureAwait(false))
            {
                return false;
            }
        }

        // (3) One commit has all of them hold.
        var hold = services.Aggregate(
            RecordChange.Update(RegistryRecords.Services).When(Condition.RevisionIs(list.Revision)), (change, service) => change.Set(service.Name, version));
        if (!(await engine.CommitAsync(new Commit(hold), cancellationToken).ConfigureAwait(false)).IsCommitted)
        {
            return false;
        }

        // (4) The earlier ones go.
        foreach (var service in services)
        {
            await SettleAsync(service, version, pauses, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Enters the services in the list, those that are there as they are. Returns the list that this makes; null when another has changed it meanwhile.</summary>
    private async ValueTask<RegistryDirectory?> ListAsync(IReadOnlyList<ServiceDeclaration> services, CancellationToken cancellationToken)
    {
        var before = await RegistryReader.ReadDirectoryAsync(engine, cancellationToken).ConfigureAwait(false);
        var entering = services.Aggregate(
            RecordChange.Update(RegistryRecords.Services).When(before.Revision == 0 ? Condition.Absent : Condition.RevisionIs(before.Revision)),
            (change, service) => change.Set(service.Name, before.VersionOf(service.Name)));
        var entered = await engine.CommitAsync(new Commit(entering), cancellationToken).ConfigureAwait(false);

        // Of a commit that was made by an earlier attempt the record is told as it is now, which may be another's.
        return entered.Records is [{ } list] && list.Revision == entered.At.Revision ? RegistryDirectory.Of(list, entered.At) : null;
    }

    /// <summary>Changes the service's record as it is; false when the list of services is another by now.</summary>
    private async ValueTask<bool> TryChangeAsync(
        string service, RegistryDirectory list, Func<Record?, RecordChange> change, Backoff pauses, CancellationToken cancellationToken)
    {
        while (true)
        {
            var known = (await engine.ReadAsync(RegistryRecords.Service(service), Freshness.Latest, cancellationToken).ConfigureAwait(false)).Record;
            if (!list.IsSameAs(await RegistryReader.ReadDirectoryAsync(engine, cancellationToken).ConfigureAwait(false)))
            {
                return false;
            }

            var commit = new Commit(change(known).When(known is null ? Condition.Absent : Condition.RevisionIs(known.Revision)));
            if ((await engine.CommitAsync(commit, cancellationToken).ConfigureAwait(false)).IsCommitted)
            {
                return true;
            }

            await PauseAsync(pauses, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Has the service declared only as what holds by now, unless somebody has prepared something else, and done so.</summary>
    private async ValueTask SettleAsync(ServiceDeclaration service, string version, Backoff pauses, CancellationToken cancellationToken)
    {
        while (true)
        {
            var known = (await engine.ReadAsync(RegistryRecords.Service(service.Name), Freshness.Latest, cancellationToken).ConfigureAwait(false)).Record;
            if (known is null || !RegistryRecords.HasNext(known, version))
            {
                return;
            }

            var commit = new Commit(RegistryRecords.Describe(service, known).When(Condition.RevisionIs(known.Revision)));
            if ((await engine.CommitAsync(commit, cancellationToken).ConfigureAwait(false)).IsCommitted)
            {
                return;
            }

            await PauseAsync(pauses, cancellationToken).ConfigureAwait(false);
        }
    }
}
