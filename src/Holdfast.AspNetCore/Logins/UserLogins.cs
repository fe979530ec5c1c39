using Holdfast.AspNetCore.Requests;
using Holdfast.AspNetCore.Sessions;

namespace Holdfast.AspNetCore.Logins;

/// <summary>
/// What a commit changes of one user's logins. Adding is done to the record as it was read, so that parallel sign-ins can't exceed
/// the user's limit; if it has changed meanwhile, the change is put together anew. What is over is taken out on the way.
/// </summary>
internal sealed class UserLogins(string user, Record? read, LoginLimit limit, TimeProvider clock) : ICommitPart
{
    private readonly Dictionary<string, Login> added = new(StringComparer.Ordinal);
    private readonly HashSet<string> removed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Session, string? Before)> moved = new(StringComparer.Ordinal);
    private readonly List<Login> displaced = [];

    public string User => user;

    /// <summary>Whether the commit was made.</summary>
    public bool IsMade { get; private set; }

    /// <summary>The logins that had to give way to the one that was added.</summary>
    public IReadOnlyList<Login> Displaced => displaced;

    /// <summary>Whether one more would be over the limit.</summary>
    public bool IsFull => Kept().Count + added.Count >= limit.Count;

    /// <summary>Takes the record as it is by now.</summary>
    public void Reread(Record? record) => read = record;

    /// <exception cref="SessionLimitException">The user has as many as the limit allows, and it is not for new ones to displace them.</exception>
    public void Add(string loginId, Login login)
    {
        added[loginId] = login;
        Admit(Kept());
    }

    public void Remove(string loginId)
    {
        if (!added.Remove(loginId))
        {
            removed.Add(loginId);
        }
    }

    /// <summary>The login's session has another id from now on.</summary>
    /// <param name="loginId">The login.</param>
    /// <param name="sessionId">The new id.</param>
    /// <param name="before">The id that it has until the session's own commit is made.</param>
    public void Move(string loginId, string sessionId, string? before)
    {
        if (added.TryGetValue(loginId, out var login))
        {
            added[loginId] = login with { Session = sessionId };
        }
        else
        {
            moved[loginId] = (sessionId, before);
        }
    }

    public void AddTo(CommitDraft draft)
    {
        if (added.Count > 0 || moved.Count > 0)
        {
            draft.Add(this, Rewrite());
        }
        else if (removed.Count > 0)
        {
            draft.Add(this, removed.Aggregate(RecordChange.Update(LoginRecord.AddressOf(user)).When(Condition.Exists), static (change, id) => change.Remove(id)));
        }
    }

    public void Made(CommitResult result) => IsMade = true;

    /// <exception cref="SessionEndedException">The login whose session was to move has ended.</exception>
    public void Refused(Refusal refusal)
    {
        Reread(refusal.Current);
        if (added.Count == 0 && moved.Count == 0)
        {
            // There is no login left to remove.
            removed.Clear();
        }
    }

    private RecordChange Rewrite()
    {
        var kept = Kept();
        Admit(kept);
        var change = RecordChange.Update(LoginRecord.AddressOf(user))
            .When(read is null ? Condition.Absent : Condition.RevisionIs(read.Revision));
        foreach (var (id, _) in Readable().Where(login => !kept.ContainsKey(login.Id)))
        {
            change.Remove(id);
        }

        foreach (var (id, to) in moved)
        {
            kept[id] = kept.TryGetValue(id, out var login) ? login with { Session = to.Session, Before = to.Before } : throw new SessionEndedException();
            change.Set(id, LoginJson.Format(kept[id]));
        }

        foreach (var (id, login) in added)
        {
            kept[id] = login;
            change.Set(id, LoginJson.Format(login));
        }

        var last = kept.Values.Max(static login => login.Expires) - clock.GetUtcNow().ToUnixTimeMilliseconds();
        return change.ExpireAfter(TimeSpan.FromMilliseconds(Math.Max(last, 1)));
    }

    /// <summary>The logins that stand in the record and are neither over nor to be removed.</summary>
    private Dictionary<string, Login> Kept()
    {
        var now = clock.GetUtcNow();
        return Readable().Where(login => !login.Login.IsOver(now) && !removed.Contains(login.Id))
            .ToDictionary(static login => login.Id, static login => login.Login, StringComparer.Ordinal);
    }

    /// <summary>What another version wrote, and this one can't read, is left alone.</summary>
    private IEnumerable<(string Id, Login Login)> Readable() =>
        LoginRecord.All(read).Where(static login => login.Login is not null).Select(static login => (login.Id, login.Login!));

    /// <summary>Makes room for what is added.</summary>
    private void Admit(Dictionary<string, Login> kept)
    {
        displaced.Clear();
        while (kept.Count > 0 && kept.Count + added.Count > limit.Count)
        {
            if (limit.Rule == SessionLimitRule.RefuseNew)
            {
                throw new SessionLimitException(limit.Count);
            }

            var oldest = kept.MinBy(static login => login.Value.Created);
            kept.Remove(oldest.Key);
            displaced.Add(oldest.Value);
        }
    }
}
