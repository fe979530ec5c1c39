using Holdfast.AspNetCore.Sessions.Events;
using Microsoft.Extensions.Options;

namespace Holdfast.AspNetCore;

/// <summary>
/// What happens to sessions, for who wants to know: told where <see cref="HoldfastOptions.SessionEvents"/> is set. Registered by <c>AddHoldfastSessions</c>, and so by
/// <c>AddHoldfast</c>. Safe for concurrent use.
/// </summary>
public sealed class SessionEvents
{
    private readonly StateEngine engine;
    private readonly IOptions<HoldfastOptions> options;

    /// <summary>The events of the sessions in this store.</summary>
    public SessionEvents(StateEngine engine, IOptions<HoldfastOptions> options)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(options);
        (this.engine, this.options) = (engine, options);
    }

    /// <summary>Stands for a session in events (<see cref="SessionEvent.Session"/>), without telling its id.</summary>
    /// <param name="sessionId">As <c>HttpContext.Session.Id</c> tells it.</param>
    public static string HandleOf(string sessionId)
    {
        ArgumentException.ThrowIfNullOrEmpty(sessionId);
        return SessionTrace.HandleOf(sessionId);
    }

    /// <summary>
    /// Hands each event to the handler until it is cancelled, and then returns. Run it in every instance: one of those that use the same name works at a time, and another takes
    /// over when that one ends or dies. Each event is handled at least once, so the handler must be idempotent; one that throws gets the event again. See <see cref="JournalFollower"/>.
    /// </summary>
    /// <param name="name">Names the work: those of the same name share it. Another name gets all events that the journals still hold.</param>
    /// <param name="handle">Handles an event.</param>
    /// <param name="followerOptions">Times, and what to do about events that were missed.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InvalidOperationException">The events are not told: the option is not set.</exception>
    public Task FollowAsync(
        string name,
        Func<SessionEvent, CancellationToken, ValueTask> handle,
        JournalFollowerOptions? followerOptions = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(handle);
        if (!options.Value.SessionEvents)
        {
            throw new InvalidOperationException("Nothing tells of sessions: set HoldfastOptions.SessionEvents to true, in every instance.");
        }

        return new JournalFollower(
            engine,
            "session-events:" + Address.Escape(name),
            (partition, item, token) => Read(partition, item) is { } happened ? handle(happened, token) : ValueTask.CompletedTask,
            followerOptions).RunAsync(cancellationToken);
    }

    private static SessionEvent? Read(int partition, JournalEvent item) =>
        SessionEventContent.Read(item) is not { } content ? null : new SessionEvent
        {
            Kind = SessionEventContent.KindOf(item.Type)!.Value,
            Session = content.Session,
            UserId = content.User,
            SignInId = content.Login,
            Reason = content.Reason,
            Time = item.Time,
            Partition = partition,
            Position = item.Position,
        };
}
