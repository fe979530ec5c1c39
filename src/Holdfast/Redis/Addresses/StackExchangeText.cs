using System.Globalization;

namespace Holdfast.Redis;

/// <summary>
/// Connection strings as StackExchange.Redis takes them: <c>host:port,host:port,password=…,ssl=true,…</c>. What it
/// knows beyond that is accepted where it makes no difference here, and refused where it would.
/// </summary>
internal static class StackExchangeText
{
    /// <summary>What says how long StackExchange.Redis waits, and how it behaves while it does: here CommitTimeout says that.</summary>
    private static readonly HashSet<string> WithoutMeaning = new(StringComparer.OrdinalIgnoreCase)
    {
        "abortConnect", "allowAdmin", "asyncTimeout", "checkCertificateRevocation", "configCheckSeconds", "connectRetry", "connectTimeout",
        "highIntegrity", "keepAlive", "name", "clientName", "protocol", "resolveDns", "responseTimeout", "setlib", "sslProtocols", "syncTimeout", "version", "writeBuffer",
    };

    /// <summary>Whether the text is one: it begins with a place that has a port, or goes on with settings.</summary>
    public static bool IsOne(string text)
    {
        if (text.Contains("://", StringComparison.Ordinal))
        {
            return false;
        }

        var parts = text.Split(',', 2);
        return RedisPlace.TryParse(parts[0].Trim(), RedisPlace.DefaultPort, out _) is not null
            && !parts[0].Contains('=', StringComparison.Ordinal)
            && (parts.Length == 2 || parts[0].Contains(':', StringComparison.Ordinal));
    }

    /// <summary>Reads one.</summary>
    /// <exception cref="ArgumentException">It can't be read, or says something that has no counterpart here.</exception>
    public static RedisAddress Parse(string text)
    {
        var places = new List<string>();
        var address = new RedisAddress { Places = [] };
        var tls = new TlsSettings();
        var isTls = false;
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                places.Add(part);
                continue;
            }

            var (name, value) = (part[..equals].Trim(), part[(equals + 1)..].Trim());
            switch (name.ToUpperInvariant())
            {
                case "SSL":
                    isTls = Truth(value);
                    break;
                case "SSLHOST" or "HOST":
                    tls = tls with { HostName = value };
                    break;
                case "CA":
                    tls = tls with { AuthorityFile = value };
                    break;
                case "CERT":
                    tls = tls with { CertificateFile = value };
                    break;
                case "KEY":
                    tls = tls with { KeyFile = value };
                    break;
                default:
                    address = With(address, name, value);
                    break;
            }
        }

        var defaultPort = address.ServiceName is null ? RedisPlace.DefaultPort : RedisPlace.DefaultSentinelPort;
        return address with
        {
            Places = [.. places.Select(place => RedisPlace.TryParse(place, defaultPort, out var problem) ?? throw RedisAddress.Malformed(problem))],
            Tls = isTls ? tls : null,
        };
    }

    private static RedisAddress With(RedisAddress address, string name, string value) => name.ToUpperInvariant() switch
    {
        "PASSWORD" => address with { Password = value },
        "USER" => address with { User = value },
        "SERVICENAME" => address with { ServiceName = value },
        "SENTINELUSER" => address with { SentinelUser = value },
        "SENTINELPASSWORD" => address with { SentinelPassword = value },
        "DEFAULTDATABASE" => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var database)
            ? address with { Database = database }
            : throw RedisAddress.Malformed("defaultDatabase= is the number of a database"),
        _ when WithoutMeaning.Contains(name) => address,
        
        // Not named: it may be what follows a comma in a password.
        _ => throw RedisAddress.Malformed("it has a setting that means nothing here; user, password, ssl, sslHost, ca, cert, key, defaultDatabase and serviceName do"),
    };

    private static bool Truth(string value) => value.ToUpperInvariant() switch
    {
        "TRUE" or "YES" or "1" => true,
        "FALSE" or "NO" or "0" => false,
        _ => throw RedisAddress.Malformed("ssl= is true or false"),
    };
}
