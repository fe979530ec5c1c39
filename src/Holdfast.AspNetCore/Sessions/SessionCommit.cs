using Holdfast.AspNetCore.Requests;

namespace Holdfast.AspNetCore.Sessions;

/// <summary>
/// What a request's commit does to the client's session, each form under conditions that keep a late commit from
/// reviving or overwriting anything:
/// <list type="bullet">
/// <item>one that exists is updated, or only touched, under its birth;</item>
/// <item>one that does not is created if it is absent, as soon as a key was set or its id was asked for;</item>
/// <item>one that is renewed is deleted as it was read, and created with all that it held under another id;</item>
/// <item>one that is ended is deleted.</item>
/// </list>
/// </summary>
internal sealed class SessionCommit(StateServices services, CausalClient client, SessionView view)
{
    /// <summary>An id has 144 random bits; OWASP ASVS 7.2 asks for 128.</summary>
    private const int IdBytes = 18;

    /// <summary>How often renewing starts over because parallel requests changed the session it read.</summary>
    private const int MaxAttempts = 16;

    /// <summary>How long a touch may hold up a response; nothing is lost if it fails.</summary>
    private static readonly TimeSpan TouchPatience = TimeSpan.FromSeconds(1);

    private SessionReference? leaving;
    private string? newId;
    private bool takesAlong;

    /// <summary>The session in the store that the client has.</summary>
    public SessionReference? Stored { get; set; }

    /// <summary>Whether the session is created even if nothing was set.</summary>
    public bool IsDemanded { get; set; }

    /// <summary>When the expiry was last moved, in seconds since 1970.</summary>
    public long TouchedSeconds { get; set; }

    /// <summary>Whether the request committed something of the session.</summary>
    public bool WasMade { get; private set; }

    /// <summary>The stored session is deleted with the commit, and what it held goes to its successor or nowhere.</summary>
    public void Leave(SessionReference stored, bool takeAlong)
    {
        leaving ??= stored;
        takesAlong = takeAlong;
        Stored = null;

        // In the partition of the one that goes, so that both change in one commit.
        newId = IdIn(client.Engine.Partitions.PartitionOf(stored.Id));
    }

    /// <summary>The id that a session gets if this commit creates one; in any partition.</summary>
    public string EnsureNewId()
    {
        if (newId is null)
        {
            Span<byte> random = stackalloc byte[4];
            client.Engine.Options.Entropy.Fill(random);
            newId = IdIn((int)(BitConverter.ToUInt32(random) % (uint)client.Engine.Partitions.Count));
        }

        return newId;
    }

    /// <summary>The session that is left is ended after all, not renewed.</summary>
    public void TakeAlongNothing() => takesAlong = false;

    /// <summary>Commits what there is to commit, and tells whether there was anything.</summary>
    /// <exception cref="SessionEndedException">The session has ended meanwhile.</exception>
    public async ValueTask<bool> MakeAsync()
    {
        for (var attempt = 1; Build() is { } commit; attempt++)
        {
            var result = await client.CommitAsync(commit, CancellationToken.None);
            if (result.IsCommitted)
            {
                Made(result);
                return true;
            }

            // A session that is renewed goes as it was read. If it has changed, the renewed one takes that along too.
            if (!takesAlong || leaving is not { } old || result.Refusal?.Current is not { } current || current.Birth != old.Birth
                || current.Address != SessionReference.AddressOf(old.Id) || attempt == MaxAttempts)
            {
                throw new SessionEndedException();
            }

            view.Read = current;
        }

        return false;
    }

    /// <summary>
    /// Moves the expiry of a session that was not changed, if that is worth a write, and tells whether it did. A failure is not
    /// the request's; a refusal tells that the session has ended.
    /// </summary>
    public async ValueTask<bool> TouchAsync(RequestSession session)
    {
        if (Stored is null || (!session.IsLoaded && client.NowSeconds - TouchedSeconds <= services.Lifetime.WorthTouching.TotalSeconds))
        {
            return false;
        }

        if (session.IsLoaded && !(view.Read is { } read && services.Lifetime.IsTouchDue(read)))
        {
            return false;
        }

        using var patience = new CancellationTokenSource(TouchPatience, client.Engine.Options.Clock);
        try
        {
            await session.ReadAsync(patience.Token);
            if (Stored is { } stored && view.Read is { } record && services.Lifetime.IsTouchDue(record))
            {
                var touch = RecordChange.Keep(record.Address).When(Condition.BornAt(stored.Birth)).ExpireAfter(ExpiryOf(record));
                var result = await client.CommitAsync(new Commit(touch) { Durability = Durability.Written }, patience.Token);
                if (!result.IsCommitted)
                {
                    Stored = null;
                    return false;
                }

                TouchedSeconds = client.NowSeconds;
                return true;
            }
        }
        catch (Exception fault) when (fault is StateException or OperationCanceledException)
        {
            services.Logger.TouchFailed(fault);
        }

        return false;
    }

    private Commit? Build()
    {
        var changes = new List<RecordChange>(2);
        if (leaving is { } old)
        {
            var deletion = RecordChange.Delete(SessionReference.AddressOf(old.Id));
            changes.Add(takesAlong ? deletion.When(Condition.BornAt(old.Birth)).When(Condition.RevisionIs(view.Read!.Revision)) : deletion);
        }

        if (Stored is { } stored)
        {
            if (view.HasChanges)
            {
                var update = RecordChange.Update(SessionReference.AddressOf(stored.Id)).When(Condition.BornAt(stored.Birth));
                changes.Add(view.AddTo(update).ExpireAfter(ExpiryOf(view.Read!)));
            }
        }
        else if (takesAlong || IsDemanded || view.HasSets)
        {
            changes.Add(Creation());
        }

        return changes.Count == 0 ? null : new Commit(changes);
    }

    private RecordChange Creation()
    {
        var created = takesAlong ? SessionFields.CreatedOf(view.Read!)!.Value : client.Engine.Options.Clock.GetUtcNow();
        var creation = RecordChange.Update(SessionReference.AddressOf(EnsureNewId())).When(Condition.Absent);
        if (takesAlong)
        {
            foreach (var (field, value) in view.Read!.Fields)
            {
                creation = creation.Set(field, value);
            }
        }
        else
        {
            creation = creation.Set(SessionFields.Created, SessionFields.Format(created));
        }

        return view.AddTo(creation).ExpireAfter(services.Lifetime.Expiry(created));
    }

    private void Made(CommitResult result)
    {
        WasMade = true;
        services.Meter.Committed();
        if (result.Records[^1] is { } record)
        {
            if (Stored is null && leaving is null)
            {
                services.Meter.SessionCreated();
            }

            Stored = new SessionReference(record.Address.Affinity, record.Birth);
            TouchedSeconds = client.NowSeconds;
            view.Read = record;
        }

        view.Forget();
        (leaving, takesAlong, IsDemanded, newId) = (null, false, false, null);
    }

    private string IdIn(int partition) => client.Engine.Partitions.Pin(partition, client.Engine.Options.Entropy.NextText(IdBytes));

    private TimeSpan ExpiryOf(Record record) => services.Lifetime.Expiry(SessionFields.CreatedOf(record)!.Value);
}
