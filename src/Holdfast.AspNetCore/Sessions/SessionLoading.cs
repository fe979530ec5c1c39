using System.Runtime.ExceptionServices;
using Holdfast.AspNetCore.Logins;
using Holdfast.AspNetCore.Requests;

namespace Holdfast.AspNetCore.Sessions;

/// <summary>
/// Reads a request's session, once, from wherever it lives: the store, the client itself, or ASP.NET Core's own session that is to be moved. One that
/// has ended, or whose login has, counts as none.
/// </summary>
internal sealed class SessionLoading(
    StateServices services, CausalClient client, SessionCommit commit, SessionView view, RequestLogin login, SessionTerms terms, StockVisit? stock)
{
    private ExceptionDispatchInfo? failure;

    /// <summary>Whether it is known what there is of the session.</summary>
    public bool IsDone { get; set; }

    /// <summary>Reads the session, unless that was done.</summary>
    public ValueTask ReadAsync(CancellationToken cancellationToken) => IsDone ? ValueTask.CompletedTask : ReadSlowAsync(cancellationToken);

    /// <summary>The session is used on other terms than it was read ahead on, when nobody had looked at it: it is read again.</summary>
    public void ReadAgain() => IsDone = IsDone && view.Read is null;

    private async ValueTask ReadSlowAsync(CancellationToken cancellationToken)
    {
        failure?.Throw();
        try
        {
            await (commit.Stored is { } stored ? ReadStoredAsync(stored, cancellationToken)
                : commit.Held is { } held ? ReadHeldAsync(held, cancellationToken)
                : ImportAsync(stock!, cancellationToken));
        }
        catch (StateException fault)
        {
            // Once a request: a store that is away must not be waited for again and again.
            failure = ExceptionDispatchInfo.Capture(fault);
            throw;
        }
    }

    /// <summary>
    /// The session that a stock one has become, or is to become with this request's commit. Its id follows from the stock one's key: so requests that move it at
    /// once, and one that is repeated because its response was lost, all come to the same session.
    /// </summary>
    private async ValueTask ImportAsync(StockVisit from, CancellationToken cancellationToken)
    {
        if (from.SessionId is { } id)
        {
            await TakeTurnAsync(id, cancellationToken);
            if (await client.ReadStampedAsync(SessionReference.AddressOf(id), cancellationToken) is { } moved && commit.CanTakeOver(moved))
            {
                (view.Read, commit.Stored) = (moved, new SessionReference(id, moved.Birth));
            }
            else
            {
                commit.Import(id, await from.ReadAsync(cancellationToken));
            }
        }

        IsDone = true;
    }

    private async ValueTask ReadStoredAsync(SessionReference named, CancellationToken cancellationToken)
    {
        await TakeTurnAsync(named.Id, cancellationToken);
        var record = await client.ReadStampedAsync(SessionReference.AddressOf(named.Id), cancellationToken);
        Loaded(named, record is not null && await IsSignedOutAsync(record, cancellationToken) ? null : record);
    }

    /// <summary>
    /// What the client holds is all there is, unless parallel requests are declared to heed each other: one of them may have moved the
    /// session to the store.
    /// </summary>
    private async ValueTask ReadHeldAsync(HeldSession held, CancellationToken cancellationToken)
    {
        if (!services.Lifetime.IsAlive(held))
        {
            (IsDone, commit.Held) = (true, null);
            services.Logger.SessionGone();
            return;
        }

        if (terms.Concurrency != SessionConcurrency.Merge)
        {
            await TakeTurnAsync(held.Id, cancellationToken);
            if (await client.ReadStampedAsync(SessionReference.AddressOf(held.Id), cancellationToken) is { } moved && commit.CanTakeOver(moved))
            {
                (IsDone, view.Read, commit.Held, commit.Stored) = (true, moved, null, new SessionReference(held.Id, moved.Birth));
                return;
            }
        }

        (IsDone, view.Read) = (true, held.ToRecord());
    }

    /// <summary>
    /// Where requests of a session are declared to run one at a time, waits for this one's turn ahead of reading. One whose response has begun changes
    /// nothing any more, and needs none.
    /// </summary>
    private async ValueTask TakeTurnAsync(string sessionId, CancellationToken cancellationToken)
    {
        if (terms.Concurrency == SessionConcurrency.Serialize && commit.Turn is null && !commit.IsClosed)
        {
            commit.Turn = await client.Calls.CountAsync(services.Turns.TakeAsync(sessionId, client.Calls, cancellationToken));
            client.MustSee(commit.Turn.TakenAt);
        }
    }

    /// <summary>Whether the session was signed in, and that has ended, wherever that was done.</summary>
    private async ValueTask<bool> IsSignedOutAsync(Record record, CancellationToken cancellationToken)
    {
        if (SessionFields.LoginOf(record) is not { } signedIn)
        {
            return false;
        }

        if (await login.FindAsync(signedIn, cancellationToken) is null)
        {
            return true;
        }

        login.FoundInSession(signedIn);
        return false;
    }

    private void Loaded(SessionReference named, Record? record)
    {
        IsDone = true;
        if (record is not null && record.Birth == named.Birth && services.Lifetime.IsAlive(record))
        {
            view.Read = record;
            return;
        }

        (commit.Stored, commit.Gone) = (null, named);
        services.Logger.SessionGone();
    }
}
