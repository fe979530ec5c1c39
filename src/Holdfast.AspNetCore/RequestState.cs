using Holdfast.AspNetCore.Cookies;
using Holdfast.AspNetCore.Idempotency;
using Holdfast.AspNetCore.Logins;
using Holdfast.AspNetCore.Requests;
using Holdfast.AspNetCore.Sessions;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Holdfast.AspNetCore;

/// <summary>
/// The state plane as the client of one request may see it: whatever the client has written or been shown, on any
/// instance, is in every answer. Get it with <c>HttpContext.GetState()</c>. Not safe for concurrent use.
/// </summary>
/// <remarks>
/// What the client has seen travels in a cookie or header, sealed. A client that has none gets one when it has a session or
/// something was committed for it; reading alone sets none. What happens after the response began can't reach
/// the cookie any more.
/// </remarks>
public sealed class RequestState
{
    private readonly HttpContext context;
    private readonly StateServices services;
    private readonly CausalClient client;
    private readonly Carriage carriage;
    private readonly Carried arrived;
    private ResponseCapture? capture;
    private SessionWatches.Use? watch;

    internal RequestState(HttpContext context, StateServices services)
    {
        (this.context, this.services) = (context, services);
        var terms = new SessionTerms(context, services.Options);
        carriage = services.Carriages.Of(terms.Transport);
        arrived = carriage.Read(context.Request);
        client = new CausalClient(services, arrived.Stamps);
        Login = new RequestLogin(context, services, client);
        var stock = services.Stock is { } other && !arrived.IsOfLaterRelease && terms.Transport == SessionTransport.Cookie && other.IsNamedBy(context.Request)
            ? new StockVisit(other, context, services.Engine.Partitions, services.Logger)
            : null;
        Session = new RequestSession(services, client, Login, arrived, terms, stock);
    }

    /// <summary>The engine, for what is not the client's: watches, leases, journals. What is done through it leaves no stamp with the client.</summary>
    public StateEngine Engine => client.Engine;

    /// <summary>Whether the client has a session that has not ended. Tells without creating one.</summary>
    /// <exception cref="StateException">The session could not be read.</exception>
    public bool HasSession => Session.Exists();

    /// <summary>
    /// The affinity of the client's session, for records that belong to it, such as an anonymous cart. A client that has no
    /// session gets one with the request's commit. Signing in renews it: then move those records or leave them to expire.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no session, and the response has begun.</exception>
    /// <exception cref="StateException">The session could not be read.</exception>
    public string SessionAffinity => Session.Demand();

    /// <summary>The id of the user whom the client is signed in as, by its session or by a ticket that was read in this request; null when nobody has signed in.</summary>
    /// <exception cref="StateException">The session could not be read.</exception>
    public string? UserId => Session.LoginOrNull()?.User;

    /// <summary>
    /// Tells this sign-in from the user's others, as <see cref="SignedInSession.Id"/> does; null when nobody has signed in. No secret: it signs nobody in.
    /// </summary>
    /// <exception cref="StateException">The session could not be read.</exception>
    public string? SignInId => Session.LoginOrNull()?.Id;

    /// <summary>
    /// Cancelled when the session that the request belongs to has ended, or its sign-in has, on whatever instance: for WebSockets and streams that stay open. As fast as
    /// changes are pushed, within 1 s; and within 40 s when the store does not answer, so that nobody can tell. Never, where there is no session. Ask for it
    /// once the connection is accepted: what the request itself changes of the session is committed by then. Ends with the request.
    /// </summary>
    /// <exception cref="StateException">The session could not be read.</exception>
    public CancellationToken SessionEnded
    {
        get
        {
            if (watch is null)
            {
                var login = Session.LoginOrNull();
                if (Session.Stored is null && login is null)
                {
                    return CancellationToken.None;
                }

                watch = services.Watches.Begin(Session.Stored, login);
                context.Response.RegisterForDispose(watch);
            }

            return watch.Ended;
        }
    }

    /// <summary>The session with types, and without blocking.</summary>
    public SessionValues SessionValues => field ??= new SessionValues(Session, services);

    internal RequestSession Session { get; }

    internal RequestLogin Login { get; }

    /// <summary>What the request called the store for.</summary>
    internal CountedCalls Calls => client.Calls;

    /// <summary>The session that the client came with, whether or not it has ended; without a birth when the client holds it itself.</summary>
    internal SessionReference? ArrivedSession => arrived.Session ?? (arrived.Held is { } held ? new SessionReference(held.Id, 0) : null);

    /// <summary>What holds the response back.</summary>
    internal ResponseGate Gate { get; set; } = null!;

    /// <summary>
    /// Reads a record, at least as new as anything the client has seen of its partition. Usually answered by the near
    /// cache, without a round trip. Null when there is no such record.
    /// </summary>
    /// <exception cref="StateException">The store can't answer. Unhandled, the request is answered with 503 and Retry-After.</exception>
    public ValueTask<Record?> ReadAsync(Address address, CancellationToken cancellationToken = default) =>
        client.ReadAsync(address, cancellationToken);

    /// <summary>
    /// Reads records of one partition as they are at one moment, from the store, in one round trip; null for each that is absent.
    /// </summary>
    /// <exception cref="ArgumentException">There are no addresses, more than <see cref="StateLimits.MaxRecordsPerCommit"/>, or they are of several partitions.</exception>
    /// <exception cref="StateException">The store can't answer.</exception>
    public ValueTask<IReadOnlyList<Record?>> ReadManyAsync(
        IReadOnlyList<Address> addresses, CancellationToken cancellationToken = default) =>
        client.ReadManyAsync(addresses, cancellationToken);

    /// <summary>
    /// Makes a commit at once, of its own; the session's changes follow with the request's commit. What it made or
    /// was refused for is in everything that the client reads from then on.
    /// </summary>
    /// <exception cref="StateException">The store can't make it. Unhandled, the request is answered with 503, or 413 for what is over a limit.</exception>
    public ValueTask<CommitResult> CommitAsync(Commit commit, CancellationToken cancellationToken = default) =>
        client.CommitAsync(commit, cancellationToken);

    /// <summary>
    /// Has a record changed with the request's one commit, together with the session, ahead of the response. What is of another partition
    /// than the session goes before it, in a commit for each partition. If a condition does not hold by then, the
    /// client is answered 409 and nothing that would follow is committed. Dropped when the handler throws, and for HEAD and 304.
    /// </summary>
    /// <param name="change">The change; one for each record and request. Reads of this request do not see it.</param>
    /// <exception cref="ArgumentException">The record is enlisted already.</exception>
    /// <exception cref="InvalidOperationException">The response has begun.</exception>
    public void Enlist(RecordChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        Session.ThrowIfClosed();
        Session.RequestCommit.Enlist(change);
    }

    /// <summary>Has an event appended to the journal of the affinity's partition with the request's one commit, as <see cref="Enlist(RecordChange)"/> does with changes.</summary>
    /// <exception cref="InvalidOperationException">The response has begun.</exception>
    public void Enlist(string affinity, NewEvent happened)
    {
        ArgumentException.ThrowIfNullOrEmpty(affinity);
        Session.ThrowIfClosed();
        Session.RequestCommit.Enlist(affinity, happened);
    }

    /// <summary>
    /// Gives the session a new id, as is due when somebody signs in: with the request's commit the old one is deleted and
    /// everything it holds stands under the new one. A client without a session gets none by this.
    /// </summary>
    /// <exception cref="InvalidOperationException">The response has begun.</exception>
    /// <exception cref="StateException">The session could not be read.</exception>
    public void RenewSession() => Session.Renew();

    /// <summary>
    /// Signs the user in with the request's commit, for applications that do so without cookie authentication, which does this by itself.
    /// The session gets a new id and begins its age anew, and one is made if there is none; the old one ends in the same commit. The user's directory
    /// lists the sign-in: see <see cref="SessionDirectory"/>. Who is signed in as another user by then is signed out, and takes nothing along.
    /// </summary>
    /// <param name="userId">The user's id, any text that is not empty.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="InvalidOperationException">The response has begun.</exception>
    /// <exception cref="SessionLimitException">The user has as many signed-in sessions as are allowed, and new ones are to be refused.</exception>
    /// <exception cref="StateException">The session could not be read.</exception>
    public async ValueTask SignInAsync(string userId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(userId);
        var sessionId = await Session.BeginAnewAsync(userId, cancellationToken);
        var expires = Engine.Options.Clock.GetUtcNow() + services.Options.SessionAbsoluteTimeout;
        await Login.SignInAsync(userId, sessionId, expires, cancellationToken);
    }

    /// <summary>
    /// Ends the session, and with it the sign-in and its ticket: it is deleted with the request's commit, and the cookie removed. No late commit of another
    /// request brings it back. What is set afterwards goes into a new session.
    /// </summary>
    /// <exception cref="InvalidOperationException">The response has begun.</exception>
    /// <exception cref="StateException">The session could not be read.</exception>
    public void EndSession() => Session.End();

    /// <summary>Whether the request has given back what it held: whatever runs by now is no part of it.</summary>
    internal bool HasLeft { get; private set; }

    /// <summary>
    /// From here on the request runs under the claim on its key: its commit stores the response, which is held back until then. False when there is no
    /// such commit any more, or it is another claim's; then the claim stays with the caller.
    /// </summary>
    internal bool TryRun(Claim claim, ResponseCapture response)
    {
        if (HasLeft || Gate.IsOpen || Gate.Failure is not null || Session.RequestCommit.Claim is not null)
        {
            return false;
        }

        (Session.RequestCommit.Claim, capture) = (claim, response);
        Gate.Hold(response.MaxBytes);
        return true;
    }

    /// <summary>
    /// Answers with what the request's first run has stored, and has the client read what that wrote. The client that presents the very session that the
    /// first request came with is told what became of it, as the first response did; nobody else is.
    /// </summary>
    internal async Task ReplayAsync(ClaimAnswer.Finished first, StoredCookies stored)
    {
        client.Wrote(first.At with { Revision = first.Record.Revision });
        foreach (var stamp in first.Written)
        {
            client.Wrote(stamp);
        }

        if (ArrivedSession is { } session && ClientChange.Of(first.Record) is { } change && change.Arrived == session)
        {
            if (change.Became != session)
            {
                await Session.ResumeAsync(change.Became, CancellationToken.None);
            }

            if (first.Response.Cookies is { } cookies)
            {
                context.Response.Headers.SetCookie = StringValues.Concat(context.Response.Headers.SetCookie, stored.Open(cookies));
            }
        }

        await first.Response.WriteAsync(context.Response);
    }

    /// <summary>Gives back what the request still holds: its claim, and its turn at the session.</summary>
    internal async ValueTask LeaveAsync()
    {
        HasLeft = true;
        if (Session.RequestCommit.Claim is { } claim)
        {
            await claim.DisposeAsync();
        }

        await Session.LeaveAsync();
    }

    /// <summary>
    /// The request's one commit, ahead of the response's first byte, and the cookie that tells the client of it. From here on nothing of the session can
    /// be written, so however long the response goes on, the next request may have its turn.
    /// </summary>
    internal async ValueTask CommitRequestAsync()
    {
        // An error page stands for a handler that failed: what the handler changed is not committed.
        var isErrorPage = context.Features.Get<IExceptionHandlerFeature>() is not null;
        try
        {
            if (isErrorPage)
            {
                Session.Abandon();
            }
            else
            {
                await MakeCommitAsync();
            }
        }
        finally
        {
            await Session.LeaveAsync();
        }

        if (isErrorPage)
        {
            TellWhatWasMade();
        }
        else
        {
            SendCookies();
            TellCost();
        }
    }

    private async ValueTask MakeCommitAsync()
    {
        if (Session.RequestCommit.Claim is { } claim)
        {
            claim.Finish(capture!.Take(Gate.Buffer.Written.Span), ArrivedSession, Session.WasEnded);
        }

        var onlyTouch = context.Response.StatusCode == StatusCodes.Status304NotModified || HttpMethods.IsHead(context.Request.Method);
        await Session.MakeRequestCommitAsync(onlyTouch);
    }

    /// <summary>
    /// Tells the client of a request that failed what concerns the next one: the session that an explicit commit renewed, created or
    /// ended, what else was committed ahead of the failure, so that whatever it asks for next shows that, and stamps that the store has lost, so that it is
    /// not refused for them again.
    /// </summary>
    internal void TellWhatWasMade()
    {
        SendSession();
        if (client.Stamps.HaveLost || client.Stamps.HaveMovedByWrite)
        {
            SendSeen();
        }

        TellCost();
    }

    private void TellCost()
    {
        if (services.TellsCost)
        {
            ServerTiming.Tell(context.Response, Calls);
        }
    }

    private void SendCookies()
    {
        SendSession();
        var isNews = arrived.HasSeen || Session.Stored is not null ? client.Stamps.HaveMoved : client.Stamps.HaveMovedByWrite;
        if (isNews || (Session.Stored is not null && Session.TouchedSeconds != arrived.TouchedSeconds))
        {
            SendSeen();
        }
    }

    private void SendSession()
    {
        if (Session.Stored is { } stored)
        {
            if (stored != arrived.Session)
            {
                carriage.WriteSession(context, stored, Session.TouchedSeconds);
            }
        }
        else if (Session.ToHold is { } held)
        {
            carriage.WriteHeld(context, held);
        }
        else if (Session.HasEnded && arrived.HasSession)
        {
            carriage.RemoveSession(context);
        }
    }

    private void SendSeen() => carriage.WriteSeen(context, Session.Stored, Session.TouchedSeconds, client.Stamps);
}
