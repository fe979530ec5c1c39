using System.Diagnostics.Metrics;
using Holdfast.AspNetCore.Requests;

namespace Holdfast.AspNetCore;

/// <summary>The meter <c>Holdfast.AspNetCore</c>.</summary>
internal sealed class StateMeter
{
    public const string Name = "Holdfast.AspNetCore";

    /// <summary>From tens of microseconds to the deadline of a commit.</summary>
    private static readonly InstrumentAdvice<double> WaitAdvice = new()
    {
        HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    };

    private readonly Counter<long> commits;
    private readonly Counter<long> commitFailures;
    private readonly Counter<long> cookiesRejected;
    private readonly Counter<long> sessionsCreated;
    private readonly Counter<long> sessionConflicts;
    private readonly Counter<long> valuesUnreadable;
    private readonly Counter<long> stampsLost;
    private readonly Histogram<int> roundTrips;
    private readonly Histogram<long> bytes;
    private readonly Histogram<double> duration;

    public StateMeter(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        commits = meter.CreateCounter<long>("holdfast.request.commits", "{commit}", "Requests whose changes of the session were committed.");
        commitFailures = meter.CreateCounter<long>("holdfast.request.commit_failures", "{commit}", "Requests that were answered with an error because their changes could not be committed.");
        cookiesRejected = meter.CreateCounter<long>("holdfast.cookies.rejected", "{cookie}", "Session cookies that were altered, planted, sealed under a foreign key, or came twice.");
        sessionsCreated = meter.CreateCounter<long>("holdfast.sessions.created", "{session}", "Sessions created; renewed ones do not count.");
        sessionConflicts = meter.CreateCounter<long>("holdfast.sessions.conflicts", "{key}", "Keys that two requests of a session at once had read and then set: overwritten, or answered 409.");
        valuesUnreadable = meter.CreateCounter<long>("holdfast.sessions.unreadable", "{value}", "Values of sessions that this version of the application could not read.");
        stampsLost = meter.CreateCounter<long>("holdfast.stamps.lost", "{stamp}", "Stamps of clients that the store has forgotten.");
        roundTrips = meter.CreateHistogram<int>("holdfast.request.round_trips", "{round_trip}", "Calls of the store that one request waited for.");
        bytes = meter.CreateHistogram<long>("holdfast.request.bytes", "By", "Names and values of fields, and events, that one request's calls carried either way.");
        duration = meter.CreateHistogram("holdfast.request.wait_duration", "s", "Time that one request waited for the store.", advice: WaitAdvice);
    }

    public void Committed() => commits.Add(1);

    public void CommitFailed() => commitFailures.Add(1);

    public void CookieRejected() => cookiesRejected.Add(1);

    public void SessionCreated() => sessionsCreated.Add(1);

    public void SessionConflict() => sessionConflicts.Add(1);

    /// <summary>Whether anybody measures bytes.</summary>
    public bool ObservesBytes => bytes.Enabled;

    public void RequestEnded(CountedCalls calls)
    {
        roundTrips.Record(calls.RoundTrips);
        bytes.Record(calls.Bytes);
        duration.Record(calls.Waited.TotalSeconds);
    }

    public void ValueUnreadable() => valuesUnreadable.Add(1);

    public void StampLost() => stampsLost.Add(1);
}
