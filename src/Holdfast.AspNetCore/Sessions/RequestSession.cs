using System.Diagnostics.CodeAnalysis;
using Holdfast.AspNetCore.Cookies;
using Holdfast.AspNetCore.Logins;
using Holdfast.AspNetCore.Requests;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Sessions;

/// <summary>
/// The session of one request. Keys are fields of the record <c>session/ID</c>; only what changed is committed, so that
/// requests that change different keys at the same time do not overwrite each other. A session that the client's
/// cookie does not name costs nothing until something is set.
/// </summary>
internal sealed class RequestSession : ISession
{
    private readonly CausalClient client;
    private readonly StateServices services;
    private readonly SessionCommit commit;
    private readonly SessionView view = new();
    private readonly SessionLoading loading;
    private readonly RequestLogin login;
    private readonly SessionTerms terms;
    private readonly Carried carried;
    private readonly StockVisit? stock;
    private bool isEnded;
    private bool endsHeld;

    /// <param name="services">The application's.</param>
    /// <param name="client">The request's client.</param>
    /// <param name="login">Who has signed in.</param>
    /// <param name="carried">What its client carries.</param>
    /// <param name="terms">What is declared of the session.</param>
    /// <param name="stock">The session of another kind that the client comes with, if such are to be moved.</param>
    public RequestSession(
        StateServices services, CausalClient client, RequestLogin login, Carried carried, SessionTerms terms, StockVisit? stock)
    {
        (this.services, this.client, this.login, this.terms, this.carried, this.stock) = (services, client, login, terms, carried, stock);
        commit = new SessionCommit(services, client, view, login, terms) { Stored = carried.Session, Held = carried.Held, TouchedSeconds = carried.TouchedSeconds };
        RequestCommit = new RequestCommit(client, commit, login);
        loading = new SessionLoading(services, client, commit, view, login, terms, stock) { IsDone = !carried.HasSession && stock is null };
    }

    /// <summary>The session in the store, if there is one.</summary>
    public SessionReference? Stored => commit.Stored;

    /// <summary>The session that the client is to hold from now on; null when that has not changed.</summary>
    public HeldSession? ToHold { get; private set; }

    /// <summary>What the request commits, the session's changes included.</summary>
    public RequestCommit RequestCommit { get; }

    /// <summary>When the expiry was last moved, in seconds since 1970.</summary>
    public long TouchedSeconds => commit.TouchedSeconds;

    /// <summary>Whether the application ended a session in this request.</summary>
    public bool WasEnded => isEnded;

    /// <summary>Whether the application ended a session in this request, and that is done.</summary>
    public bool HasEnded => isEnded && !commit.IsLeaving && !endsHeld;

    /// <summary>Whether it is known what the store holds of the session.</summary>
    public bool IsLoaded => loading.IsDone;

    /// <summary>Whether reading the session takes its turn, as far as is known by now.</summary>
    public bool TakesTurn => terms.Concurrency == SessionConcurrency.Serialize;

    /// <summary>The keyed request that made the session, once that is loaded.</summary>
    public string? Origin => view.Read?.Text(SessionFields.Origin);

    /// <summary>The id of the session that the client came with, once it was found to be gone.</summary>
    public string? GoneId => commit.Gone is { Birth: > 0 } gone ? gone.Id : null;

    /// <summary>Whether the application looked at the session.</summary>
    public bool WasUsed { get; private set; }

    /// <summary>Whether the request leaves the idle timeout alone, unless it changes the session.</summary>
    public bool IsPeek
    {
        get => field || terms.IsPeek;
        set;
    }

    public bool IsAvailable
    {
        get
        {
            try
            {
                Load();
                return true;
            }
            catch (StateException)
            {
                return false;
            }
        }
    }

    public string Id
    {
        get
        {
            Load();
            return commit.Stored?.Id ?? commit.EnsureNewId();
        }
    }

    public IEnumerable<string> Keys
    {
        get
        {
            Load();
            return view.Keys.ToList();
        }
    }

    public bool TryGetValue(string key, [NotNullWhen(true)] out byte[]? value)
    {
        ArgumentNullException.ThrowIfNull(key);
        Load();
        value = view.Get(key);
        return value is not null;
    }

    public void Set(string key, byte[] value)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        SessionFields.CheckLimits(key, value);
        LoadToChange();
        view.Set(key, value.AsSpan().ToArray());
    }

    public void Remove(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        LoadToChange();
        view.Remove(key);
    }

    /// <summary>Counts, and tells the count by what is known.</summary>
    public long Increment(string key, long by)
    {
        SessionFields.CheckLimits(key, []);
        LoadToChange();
        view.Add(key, by);
        return view.Count(key);
    }

    /// <summary>Raises a counter, and tells the count by what is known.</summary>
    public long Raise(string key, long floor)
    {
        SessionFields.CheckLimits(key, []);
        LoadToChange();
        view.Raise(key, floor);
        return view.Count(key);
    }

    public long Count(string key)
    {
        Load();
        return view.Count(key);
    }

    /// <summary>Changes a key by what it turns out to hold.</summary>
    public void Update(string key, Func<ReadOnlyMemory<byte>?, byte[]?> change)
    {
        SessionFields.CheckLimits(key, []);
        LoadToChange();
        view.Update(key, change);
    }

    public void Clear()
    {
        LoadToChange();
        foreach (var key in view.Keys.ToList())
        {
            view.Remove(key);
        }
    }

    public Task LoadAsync(CancellationToken cancellationToken = default)
    {
        Use();
        return ReadAsync(cancellationToken).AsTask();
    }

    /// <summary>Commits what was changed so far, ahead of the request's end. The commit does not heed the token: begun is begun.</summary>
    public Task CommitAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        return RequestCommit.MakeAsync(isLast: false).AsTask();
    }

    /// <summary>Has the session exist once the request is committed, and tells its id.</summary>
    public string Demand()
    {
        Load();
        if (commit.Stored is { } stored)
        {
            return stored.Id;
        }

        ThrowIfClosed();
        ThrowIfOfLaterRelease();
        commit.IsDemanded = true;
        return commit.EnsureNewId();
    }

    /// <summary>Whether the client has a session that lives.</summary>
    public bool Exists()
    {
        Load();
        return commit.Stored is not null || commit.Held is not null;
    }

    /// <summary>Who has signed in.</summary>
    public LoginReference? LoginOrNull()
    {
        Load();
        return login.Current;
    }

    /// <summary>Gives the session another id, and whatever it holds, at the request's commit.</summary>
    public void Renew()
    {
        LoadToChange();
        commit.IsSignIn = true;
        if (commit.Stored is { } stored)
        {
            commit.Leave(stored, takeAlong: true);
        }
        else if (commit.Held is not null)
        {
            commit.RenewHeld();
        }
    }

    /// <summary>
    /// Has somebody who signs in begin with a session of a new id and age, and tells the id. It takes along what the session held, unless that
    /// was another user's.
    /// </summary>
    public async ValueTask<string> BeginAnewAsync(string? user, CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        await LoadAsync(cancellationToken);
        if (login.OfSession is { } other && other.User != user)
        {
            End();
        }
        else
        {
            Renew();
        }

        commit.BeginsAnew = true;
        return Demand();
    }

    /// <summary>Ends the session, and the login that it belongs to, at the request's commit. What is set after this goes into another one.</summary>
    public void End()
    {
        LoadToChange();
        isEnded = true;
        commit.BeginsAnew = false;
        commit.IsDemanded = false;
        if (commit.Stored is { } stored)
        {
            commit.Leave(stored, takeAlong: false);
        }
        else
        {
            endsHeld |= commit.Held is not null;
            commit.TakeAlongNothing();
        }

        view.Forget();
        view.Read = null;
        if (login.OfSession is { } signedIn)
        {
            login.End(signedIn);
        }
    }

    /// <summary>Makes the request's commit: the changes, and a touch when one is due.</summary>
    /// <param name="onlyTouch">Whether changes are left out, for a response that has no content to go with them.</param>
    public async ValueTask MakeRequestCommitAsync(bool onlyTouch)
    {
        if (onlyTouch && (view.HasChanges || commit.IsDemanded || RequestCommit.HasEnlisted))
        {
            services.Logger.ChangesIgnored("HEAD request or a 304 response");
            view.Forget();
            RequestCommit.Abandon();
            commit.IsDemanded = commit.BeginsAnew || commit.IsHeldRenewed;
        }

        var toHold = HeldAfter();
        commit.StaysHeld = toHold is not null;
        commit.IsPeek = IsPeek;
        commit.Turn?.IsEnding = true;
        var isOfSession = await RequestCommit.MakeAsync(isLast: true);
        commit.IsClosed = true;
        if (!isOfSession && !IsPeek)
        {
            await new SessionTouch(services, client, commit, view).MakeAsync(this);
        }

        (ToHold, endsHeld) = (toHold, false);
        if (stock is not null && (carried.HasSession || isEnded))
        {
            await stock.LeaveAsync();
        }

        if (toHold is not null && commit.Held is null)
        {
            services.Meter.SessionCreated();
        }
    }

    /// <summary>The session as the client is to hold it after this request; null when it holds none, or one that need not be sent again.</summary>
    private HeldSession? HeldAfter()
    {
        var held = commit.Held;
        if (held is not null && !view.HasChanges && !commit.IsDemanded)
        {
            return !IsPeek && services.Lifetime.IsAlive(held) && services.Lifetime.IsTouchDue(held) ? held with { TouchedSeconds = client.NowSeconds } : null;
        }

        if (services.Options.SessionStorage != SessionStorage.Cookie || !commit.MayBeHeld || !view.HasChanges || view.HasMerges || (held is null && !view.HasSets)
            || RequestCommit.Claim is not null || terms.Concurrency != SessionConcurrency.Merge)
        {
            return null;
        }

        var created = held?.Created ?? client.Engine.Options.Clock.GetUtcNow();
        var after = new HeldSession(commit.EnsureNewId(), created, client.NowSeconds, view.FieldsAfter());
        return after.Fields.Count <= HeldSession.MaxFields && HeldFormat.BytesOf(after) <= services.Options.CookieSessionMaxBytes ? after : null;
    }

    /// <summary>Drops what the request changed: its handler failed.</summary>
    public void Abandon()
    {
        commit.IsClosed = true;
        view.Forget();
        RequestCommit.Abandon();
        login.Abandon();
    }

    /// <summary>The client's session is by now another, or none: an earlier run of the request has seen to that, and the client has not heard of it.</summary>
    public ValueTask ResumeAsync(SessionReference? successor, CancellationToken cancellationToken)
    {
        (commit.Stored, commit.Held, commit.Gone, view.Read) = (successor, null, null, null);
        isEnded = successor is null;
        loading.IsDone = isEnded;
        return ReadAsync(cancellationToken);
    }

    /// <summary>The request changes nothing of the session any more. Gives back the session's turn, if the request has it.</summary>
    public ValueTask LeaveAsync()
    {
        commit.IsClosed = true;
        var turn = commit.Turn;
        commit.Turn = null;
        return turn?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    /// <summary>Reads the session, unless that was done.</summary>
    public ValueTask ReadAsync(CancellationToken cancellationToken) => loading.ReadAsync(cancellationToken);

    private void LoadToChange()
    {
        ThrowIfClosed();
        ThrowIfOfLaterRelease();
        Load();
    }

    /// <summary>A session that is made, or ended, by who can't read what the client has would take its place.</summary>
    private void ThrowIfOfLaterRelease()
    {
        if (carried.IsOfLaterRelease)
        {
            throw new StateUnavailableException("The client's session was sealed by a later release of Holdfast, and this instance can't read it: it is not replaced.");
        }
    }

    /// <summary>
    /// The synchronous face of ISession: a read that the near cache or the middleware has not answered blocks the thread here.
    /// </summary>
    private void Load()
    {
        Use();
        if (!IsLoaded)
        {
            ReadAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }
    }

    private void Use()
    {
        WasUsed = true;
        if (terms.Use())
        {
            loading.ReadAgain();
        }
    }

    /// <exception cref="InvalidOperationException">The response has begun.</exception>
    public void ThrowIfClosed()
    {
        if (commit.IsClosed)
        {
            throw new InvalidOperationException(
                "The session can't change any more: the response has begun, and the request's commit was made ahead of it. Change it before writing the response.");
        }
    }
}
