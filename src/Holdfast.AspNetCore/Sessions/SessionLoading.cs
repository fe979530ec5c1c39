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
    private bool isImported;
    private ExceptionDispatchInfo? failure;

    /// <summary>Whether it is known what there is of the session.</summary>
    public bool IsDone { get; set; }

    /// <summary>Reads the session, unless that was done.</summary>
    public ValueTask ReadAsync(CancellationToken cancellationToken) => IsDone ? ValueTask.CompletedTask : ReadSlowAsync(cancellationToken);

    /// <summary>What was imported is Holdfast's by now: it must not come back from where it was.</summary>
    public ValueTask LeaveStockAsync() => isImported ? stock!.LeaveAsync() : ValueTask.CompletedTask;

    private async ValueTask ReadSlowAsync(CancellationToken cancellationToken)
    {
        failure?.Throw();
        try
        {
            await (stock is not null ? ImportAsync(stock, cancellationToken)
                : commit.Held is { } held ? ReadHeldAsync(held, cancellationToken)
                : ReadStoredAsync(commit.Stored!.Value, cancellationToken));
        }
        catch (StateException fault)
        {
            // Once a request: a store that is away must not be waited for again and again.
            failure = ExceptionDispatchInfo.Capture(fault);
            throw;
        }
    }

    /// <summary>Begins a session with what the client brings.</summary>
    private async ValueTask ImportAsync(StockVisit from, CancellationToken cancellationToken)
    {
        foreach (var (key, value) in await from.ReadAsync(cancellationToken))
        {
            SessionFields.CheckLimits(key, value);
            view.Set(key, value);
            isImported = true;
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

    /// <summary>Where requests of a session are declared to run one at a time, waits for this one's turn ahead of reading.</summary>
    private async ValueTask TakeTurnAsync(string sessionId, CancellationToken cancellationToken)
    {
        commit.Concurrency = terms.Concurrency;
        if (commit.Concurrency == SessionConcurrency.Serialize && commit.Turn is null)
        {
            commit.Turn = await client.Calls.CountAsync(services.Turns.TakeAsync(sessionId, cancellationToken));
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
