using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Holdfast.Redis;

/// <summary>Where one server listens: a host and a port, or a Unix socket.</summary>
internal sealed record RedisPlace
{
    public const int DefaultPort = 6379;
    public const int DefaultSentinelPort = 26379;

    public RedisPlace(string host, int port) => (Host, Port) = (host, port);

    public RedisPlace(string socketPath) => (Host, SocketPath) = ("", socketPath);

    public string Host { get; }

    public int Port { get; }

    public string? SocketPath { get; }

    public EndPoint EndPoint => SocketPath is null ? new DnsEndPoint(Host, Port) : new UnixDomainSocketEndPoint(SocketPath);

    /// <summary>The place, for messages.</summary>
    public override string ToString() => SocketPath ?? string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");

    /// <summary>Reads <c>host</c>, <c>host:port</c> or <c>[host]:port</c>; null, and what is wrong with it, when it is none.</summary>
    public static RedisPlace? TryParse(string text, int defaultPort, out string problem)
    {
        problem = "";
        var colon = text.LastIndexOf(':');
        var hasPort = colon >= 0 && colon > text.LastIndexOf(']');
        var host = (hasPort ? text[..colon] : text).Trim('[', ']');
        var port = defaultPort;
        if (hasPort && !(int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535))
        {
            problem = "a port is a number from 1 to 65535";
            return null;
        }

        if (host.Length == 0 || host.AsSpan().ContainsAny("?#@/ "))
        {
            problem = "it names no host";
            return null;
        }

        return new RedisPlace(host, port);
    }
}
