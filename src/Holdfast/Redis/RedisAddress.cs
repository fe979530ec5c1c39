using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Holdfast.Redis;

/// <summary>
/// Where a store is and who asks, as a connection string tells it: <c>redis://[user:password@]host[:port][/db]</c>,
/// <c>rediss://…</c> for TLS, or <c>redis+unix://[[user]:password@]/path/to/socket</c>. User and password are
/// percent-encoded.
/// </summary>
internal sealed class RedisAddress
{
    private const int DefaultPort = 6379;
    private const int MaxDatabase = 16383;

    private RedisAddress(string host, int port, string? socketPath, bool isTls) =>
        (Host, Port, SocketPath, IsTls) = (host, port, socketPath, isTls);

    public string Host { get; }

    public int Port { get; }

    public string? SocketPath { get; }

    public bool IsTls { get; }

    public string User { get; private init; } = "default";

    public string? Password { get; private init; }

    public int Database { get; private init; }

    public EndPoint EndPoint => SocketPath is null ? new DnsEndPoint(Host, Port) : new UnixDomainSocketEndPoint(SocketPath);

    /// <summary>The place, for messages. Never the user or the password.</summary>
    public override string ToString() => SocketPath ?? string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");

    /// <summary>Whether the text begins like one of the forms.</summary>
    public static bool HasScheme(string text) => SchemeOf(text) is not null;

    /// <summary>Reads a connection string.</summary>
    /// <exception cref="ArgumentException">It has none of the forms; the message does not repeat it, as it may hold a password.</exception>
    public static RedisAddress Parse(string text)
    {
        var scheme = SchemeOf(text) ?? throw Malformed("it begins with none of redis://, rediss:// and redis+unix://");
        var rest = text[(scheme.Length + 3)..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var authority = slash < 0 ? rest : rest[..slash];
        var path = slash < 0 ? "" : rest[slash..];
        var (user, password) = CredentialsOf(authority, out var place);
        return scheme == "redis+unix" ? ParseSocket(place, path, user, password) : ParseHost(scheme, place, path, user, password);
    }

    private static string? SchemeOf(string text) =>
        text.StartsWith("redis://", StringComparison.Ordinal) ? "redis"
        : text.StartsWith("rediss://", StringComparison.Ordinal) ? "rediss"
        : text.StartsWith("redis+unix://", StringComparison.Ordinal) ? "redis+unix"
        : null;

    private static (string User, string? Password) CredentialsOf(string authority, out string place)
    {
        var mark = authority.LastIndexOf('@');
        place = authority[(mark + 1)..];
        if (mark < 0)
        {
            return ("default", null);
        }

        var colon = authority.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || colon > mark)
        {
            throw Malformed("what stands before the @ needs the form user:password or :password");
        }

        var user = Uri.UnescapeDataString(authority[..colon]);
        return (user.Length == 0 ? "default" : user, Uri.UnescapeDataString(authority[(colon + 1)..mark]));
    }

    private static RedisAddress ParseSocket(string place, string path, string user, string? password) =>
        place.Length == 0 && path.Length > 1
            ? new RedisAddress("", 0, path, isTls: false) { User = user, Password = password }
            : throw Malformed("redis+unix:// needs the socket's absolute path, as in redis+unix:///run/holdfast/state.sock");

    private static RedisAddress ParseHost(string scheme, string place, string path, string user, string? password)
    {
        var colon = place.LastIndexOf(':');
        var hasPort = colon >= 0 && colon > place.LastIndexOf(']');
        var host = (hasPort ? place[..colon] : place).Trim('[', ']');
        var port = DefaultPort;
        if (hasPort && !(int.TryParse(place.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535))
        {
            throw Malformed("a port is a number from 1 to 65535");
        }

        if (host.Length == 0 || host.AsSpan().ContainsAny('?', '#', ' '))
        {
            throw Malformed("it names no host");
        }

        var database = 0;
        if (path.Length > 1
            && !(int.TryParse(path.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out database) && database <= MaxDatabase))
        {
            throw Malformed("after the host comes nothing, or / and the number of a database");
        }

        return new RedisAddress(host, port, null, scheme == "rediss") { User = user, Password = password, Database = database };
    }

    private static ArgumentException Malformed(string problem) =>
        new($"The connection string can't be read: {problem}. The forms are redis://[user:password@]host[:port][/db], "
            + "rediss://… for TLS and redis+unix://[[user]:password@]/path/to/socket, with user and password percent-encoded.");
}
