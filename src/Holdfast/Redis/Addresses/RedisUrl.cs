using System.Globalization;

namespace Holdfast.Redis;

/// <summary>
/// Connection strings of the forms <c>redis://[user:password@]host[:port][,host[:port]…][/db][?…]</c>, <c>rediss://…</c>
/// for TLS, <c>redis+sentinel://…/NAME[/db]</c>, <c>rediss+sentinel://…</c>, and
/// <c>redis+unix://[[user]:password@]/path/to/socket</c>. User and password are percent-encoded.
/// </summary>
internal static class RedisUrl
{
    private const int MaxDatabase = 16383;

    private static readonly string[] Schemes = ["redis", "rediss", "redis+unix", "redis+sentinel", "rediss+sentinel"];

    /// <summary>The scheme that the text begins with; null when it is none of these.</summary>
    public static string? SchemeOf(string text)
    {
        var end = text.IndexOf("://", StringComparison.Ordinal);
        return end < 0 ? null : Array.Find(Schemes, scheme => text.AsSpan(0, end).SequenceEqual(scheme));
    }

    /// <summary>Reads one.</summary>
    /// <exception cref="ArgumentException">It has none of the forms.</exception>
    public static RedisAddress Parse(string text)
    {
        var scheme = SchemeOf(text)
            ?? throw RedisAddress.Malformed("it begins with none of redis://, rediss://, redis+sentinel:// and redis+unix://");
        var rest = text[(scheme.Length + 3)..];
        var question = scheme == "redis+unix" ? -1 : rest.IndexOf('?', StringComparison.Ordinal);
        var parameters = ParametersIn(question < 0 ? "" : rest[(question + 1)..]);
        rest = question < 0 ? rest : rest[..question];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var authorityEnd = slash < 0 ? rest.Length : slash;
        var path = rest[authorityEnd..];
        var (user, password) = CredentialsOf(rest[..authorityEnd], out var places);
        var address = scheme switch
        {
            "redis+unix" => AtSocket(places, path),
            "redis+sentinel" or "rediss+sentinel" => AtSentinels(places, path),
            _ => new RedisAddress { Places = PlacesIn(places, RedisPlace.DefaultPort), Database = DatabaseIn(path) },
        };
        address = address with { User = user, Password = password, Tls = scheme.StartsWith("rediss", StringComparison.Ordinal) ? new TlsSettings() : null };
        foreach (var (name, value) in parameters)
        {
            address = With(address, name, value);
        }

        return address;
    }

    private static (string User, string? Password) CredentialsOf(string authority, out string places)
    {
        var mark = authority.LastIndexOf('@');
        places = authority[(mark + 1)..];
        if (mark < 0)
        {
            return (RedisAddress.DefaultUser, null);
        }

        var colon = authority.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || colon > mark)
        {
            throw RedisAddress.Malformed("what stands before the @ needs the form user:password or :password");
        }

        var user = Uri.UnescapeDataString(authority[..colon]);
        return (user.Length == 0 ? RedisAddress.DefaultUser : user, Uri.UnescapeDataString(authority[(colon + 1)..mark]));
    }

    private static RedisAddress AtSocket(string places, string path) =>
        places.Length == 0 && path.Length > 1
            ? new RedisAddress { Places = [new RedisPlace(path)] }
            : throw RedisAddress.Malformed("redis+unix:// needs the socket's absolute path, as in redis+unix:///run/holdfast/state.sock");

    private static RedisAddress AtSentinels(string places, string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts.Length is 1 or 2
            ? new RedisAddress
            {
                Places = PlacesIn(places, RedisPlace.DefaultSentinelPort),
                ServiceName = Uri.UnescapeDataString(parts[0]),
                Database = parts.Length == 2 ? DatabaseIn("/" + parts[1]) : 0,
            }
            : throw RedisAddress.Malformed("redis+sentinel:// needs the name by which the sentinels know the store, as in redis+sentinel://host:26379/mymaster");
    }

    private static List<RedisPlace> PlacesIn(string text, int defaultPort)
    {
        var places = new List<RedisPlace>();
        foreach (var part in text.Split(','))
        {
            places.Add(RedisPlace.TryParse(part, defaultPort, out var problem) ?? throw RedisAddress.Malformed(problem));
        }

        return places;
    }

    private static int DatabaseIn(string path)
    {
        var database = 0;
        return path.Length <= 1
            || (int.TryParse(path.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out database) && database <= MaxDatabase)
            ? database
            : throw RedisAddress.Malformed("after the host comes nothing, or / and the number of a database");
    }

    private static List<(string Name, string Value)> ParametersIn(string query)
    {
        var parameters = new List<(string Name, string Value)>();
        foreach (var part in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || equals == part.Length - 1)
            {
                throw RedisAddress.Malformed("after the ? come settings of the form name=value, with & between them");
            }

            parameters.Add((part[..equals], Uri.UnescapeDataString(part[(equals + 1)..])));
        }

        return parameters;
    }

    private static RedisAddress With(RedisAddress address, string name, string value) => name switch
    {
        "ca" or "cert" or "key" or "host" when address.Tls is null =>
            throw RedisAddress.Malformed($"{name}= is for TLS: begin with rediss://"),
        "ca" => address with { Tls = address.Tls! with { AuthorityFile = value } },
        "cert" => address with { Tls = address.Tls! with { CertificateFile = value } },
        "key" => address with { Tls = address.Tls! with { KeyFile = value } },
        "host" => address with { Tls = address.Tls! with { HostName = value } },
        "sentinelUser" or "sentinelPassword" when address.ServiceName is null =>
            throw RedisAddress.Malformed($"{name}= is for redis+sentinel://"),
        "sentinelUser" => address with { SentinelUser = value },
        "sentinelPassword" => address with { SentinelPassword = value },
        _ => throw RedisAddress.Malformed("after the ? may come ca=, cert=, key= and host= for TLS, and sentinelUser= and sentinelPassword= for sentinels"),
    };
}
