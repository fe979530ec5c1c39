using Holdfast.AspNetCore.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.Cookies;

/// <summary>
/// What travels with a client, in two cookies or two headers. One names its session, and is sent only when that session was created or renewed: a response
/// that has nothing to say about it can't bring an older one back. The other tells what the client has seen, and is sent
/// whenever that grows. A session of a version that this release does not know was written by a later one, and stays with the client: it counts as
/// none for a request that does not change it, and one that would fails.
/// </summary>
internal sealed class Carriage(SealedCarrier sessionCarrier, SealedCarrier seenCarrier, StateEngine engine, long keepStampsSeconds, ILogger logger)
{
    private const string OfAnotherStore = "of another store";

    private long NowSeconds => engine.Options.Clock.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>What the request carries.</summary>
    public Carried Read(HttpRequest request)
    {
        var (session, held, touchedSeconds, earlier) = ReadSession(request, out var isOfLaterRelease);
        var seen = ReadSeen(request, out var touch);
        if (session is { } named && named.Birth == touch.Birth)
        {
            touchedSeconds = Math.Max(touchedSeconds, touch.Seconds);
        }

        if (seen is not null && earlier is not null)
        {
            seen.AddEarlier(earlier, NowSeconds, keepStampsSeconds);
        }

        return new Carried(session, held, touchedSeconds, seen ?? earlier ?? new ClientStamps(), seen is not null, isOfLaterRelease);
    }

    /// <summary>Sends the client its session.</summary>
    public void WriteSession(HttpContext context, SessionReference session, long touchedSeconds)
    {
        Span<byte> content = stackalloc byte[SessionFormat.MaxBytes];
        sessionCarrier.Write(context, SessionFormat.Version, content[..SessionFormat.Write(content, session, touchedSeconds)]);
    }

    /// <summary>Sends the client a session to hold.</summary>
    public void WriteHeld(HttpContext context, HeldSession session)
    {
        Span<byte> content = stackalloc byte[HeldFormat.MaxBytes];
        sessionCarrier.Write(context, HeldFormat.Version, content[..HeldFormat.Write(content, session)]);
    }

    /// <summary>Has the client forget its session.</summary>
    public void RemoveSession(HttpContext context) => sessionCarrier.Remove(context);

    /// <summary>Sends the client what it has seen, without what does not matter any more.</summary>
    public void WriteSeen(HttpContext context, SessionReference? session, long touchedSeconds, ClientStamps stamps)
    {
        stamps.Trim(session is { } own ? engine.Partitions.PartitionOf(own.Id) : null, NowSeconds, keepStampsSeconds);
        Span<byte> content = stackalloc byte[SeenFormat.MaxBytes];
        var touch = session is { } touched ? new Touch(touched.Birth, touchedSeconds) : default;
        seenCarrier.Write(context, SeenFormat.Version, content[..SeenFormat.Write(content, touch, stamps)]);
    }

    /// <summary>The session, by its name or whole, and the stamps that the session cookie of the first release held.</summary>
    private (SessionReference? Named, HeldSession? Held, long TouchedSeconds, ClientStamps? Stamps) ReadSession(HttpRequest request, out bool isOfLaterRelease)
    {
        isOfLaterRelease = false;
        if (!sessionCarrier.TryRead(request, out var version, out var content))
        {
            return default;
        }

        if (version is not (SessionFormat.Version or HeldFormat.Version))
        {
            isOfLaterRelease = true;
            logger.CookieOfLaterRelease(version);
            return default;
        }

        if (version == HeldFormat.Version && HeldFormat.Read(content) is { } held)
        {
            return (null, held, held.TouchedSeconds, null);
        }

        if (version == SessionFormat.Version && SessionFormat.TryRead(content, engine.Partitions, out var session, out var touchedSeconds, out var stamps))
        {
            return (session, null, touchedSeconds, stamps);
        }

        sessionCarrier.Reject(OfAnotherStore);
        return default;
    }

    /// <summary>What the client has seen, or null when no cookie tells. One that a later release wrote can't be read: then everything is asked of the store.</summary>
    private ClientStamps? ReadSeen(HttpRequest request, out Touch touch)
    {
        touch = default;
        if (!seenCarrier.TryRead(request, out var version, out var content))
        {
            return null;
        }

        if (version != SeenFormat.Version)
        {
            logger.CookieOfLaterRelease(version);
            return new ClientStamps { StoreUntil = NowSeconds + keepStampsSeconds };
        }

        if (SeenFormat.TryRead(content, engine.Partitions, out touch, out var stamps))
        {
            return stamps ?? new ClientStamps();
        }

        seenCarrier.Reject(OfAnotherStore);
        return null;
    }
}
