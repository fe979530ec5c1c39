using System.Diagnostics.Metrics;

namespace Holdfast.AspNetCore;

/// <summary>The meter <c>Holdfast.AspNetCore</c>.</summary>
internal sealed class StateMeter
{
    public const string Name = "Holdfast.AspNetCore";

    private readonly Counter<long> commits;
    private readonly Counter<long> commitFailures;
    private readonly Counter<long> cookiesRejected;
    private readonly Counter<long> sessionsCreated;
    private readonly Counter<long> sessionConflicts;
    private readonly Counter<long> stampsLost;

    public StateMeter(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        commits = meter.CreateCounter<long>("holdfast.request.commits", "{commit}", "Requests whose changes of the session were committed.");
        commitFailures = meter.CreateCounter<long>("holdfast.request.commit_failures", "{commit}", "Requests that were answered with an error because their changes could not be committed.");
        cookiesRejected = meter.CreateCounter<long>("holdfast.cookies.rejected", "{cookie}", "Session cookies that were altered, planted, sealed under a foreign key, or came twice.");
        sessionsCreated = meter.CreateCounter<long>("holdfast.sessions.created", "{session}", "Sessions created; renewed ones do not count.");
        sessionConflicts = meter.CreateCounter<long>("holdfast.sessions.conflicts", "{key}", "Keys that two requests of a session at once had read and then set: overwritten, or answered 409.");
        stampsLost = meter.CreateCounter<long>("holdfast.stamps.lost", "{stamp}", "Stamps of clients that the store has forgotten.");
    }

    public void Committed() => commits.Add(1);

    public void CommitFailed() => commitFailures.Add(1);

    public void CookieRejected() => cookiesRejected.Add(1);

    public void SessionCreated() => sessionsCreated.Add(1);

    public void SessionConflict() => sessionConflicts.Add(1);

    public void StampLost() => stampsLost.Add(1);
}
