using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.AspNetCore.Logins;

namespace Holdfast.AspNetCore.Sessions.Events;

/// <summary>
/// A session's event in its partition's journal: the type <c>session.created</c>, <c>session.ended</c> or <c>session.expired</c>, and as the payload this, as JSON.
/// It never holds a session's id.
/// </summary>
internal sealed record SessionEventContent
{
    public const string Created = "session.created";
    public const string Ended = "session.ended";
    public const string Expired = "session.expired";

    [JsonPropertyName("session")]
    public required string Session { get; init; }

    [JsonPropertyName("user")]
    public string? User { get; init; }

    [JsonPropertyName("login")]
    public string? Login { get; init; }

    [JsonPropertyName("reason")]
    public SessionEndReason? Reason { get; init; }

    public static NewEvent Event(string type, string handle, LoginReference? login, SessionEndReason? reason = null) => new(
        type,
        JsonSerializer.SerializeToUtf8Bytes(
            new SessionEventContent { Session = handle, User = login?.User, Login = login?.Id, Reason = reason }, SessionEventJson.Default.SessionEventContent));

    /// <summary>The event's content; null when it is none of a session.</summary>
    public static SessionEventContent? Read(JournalEvent item)
    {
        if (KindOf(item.Type) is null)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(item.Payload.Span, SessionEventJson.Default.SessionEventContent);
        }
        catch (JsonException)
        {
            // The application's own event of that name, or a later release's.
            return null;
        }
    }

    public static SessionEventKind? KindOf(string type) => type switch
    {
        Created => SessionEventKind.Created,
        Ended => SessionEventKind.Ended,
        Expired => SessionEventKind.Expired,
        _ => null,
    };
}
