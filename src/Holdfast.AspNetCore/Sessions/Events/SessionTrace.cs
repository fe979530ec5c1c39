using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Holdfast.AspNetCore.Logins;

namespace Holdfast.AspNetCore.Sessions.Events;

/// <summary>
/// What a session leaves behind when it expires, where events are wanted: the record <c>session-trace/HANDLE</c>, in the session's partition. It is created with
/// the session, and deleted by the commit that tells its end. So while it stands, that has not been told, and whoever deletes it tells it, once.
/// </summary>
internal static class SessionTrace
{
    public const string Kind = "session-trace";

    private const string Session = "session";
    private const string User = "user";
    private const string LoginId = "login";
    private const int HandleBytes = 16;

    /// <summary>How much longer than a session can last its trace stands, for whoever is to notice the end.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromDays(1);

    /// <summary>Stands for the session's id, which can't be told from it: the id is random, and too long to be guessed.</summary>
    public static string HandleOf(string sessionId) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(sessionId)).AsSpan(0, HandleBytes));

    public static Address AddressOf(PartitionMap partitions, string sessionId) =>
        AddressOf(partitions, partitions.PartitionOf(sessionId), HandleOf(sessionId));

    public static Address AddressOf(PartitionMap partitions, int partition, string handle) => new(Kind, partitions.Pin(partition, handle));

    /// <summary>Creates the trace with its session.</summary>
    public static RecordChange Creation(PartitionMap partitions, string sessionId, LoginReference? login, TimeSpan absoluteTimeout)
    {
        var creation = RecordChange.Update(AddressOf(partitions, sessionId)).Set(Session, sessionId).ExpireAfter(absoluteTimeout + Grace);
        return login is { } of ? creation.Set(User, of.User).Set(LoginId, of.Id) : creation;
    }

    /// <summary>Deletes the trace of a session whose end is told with it; refused if that has been told.</summary>
    public static RecordChange Deletion(PartitionMap partitions, string sessionId) =>
        RecordChange.Delete(AddressOf(partitions, sessionId)).When(Condition.Exists);

    /// <summary>The id of the session that left the trace.</summary>
    public static string SessionOf(Record trace) => trace.Text(Session) ?? "";

    /// <summary>The login that the session belonged to.</summary>
    public static LoginReference? LoginOf(Record trace) =>
        trace.Text(User) is { } user && trace.Text(LoginId) is { } id ? new LoginReference(user, id) : null;

    /// <summary>Tells that the session of the trace has expired, unless its end has been told meanwhile.</summary>
    public static Commit Expiry(Record trace) => new(RecordChange.Delete(trace.Address).When(Condition.BornAt(trace.Birth)))
    {
        Events = [SessionEventContent.Event(SessionEventContent.Expired, HandleOf(SessionOf(trace)), LoginOf(trace))],
    };
}
