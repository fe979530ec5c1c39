using System.Net.Security;

namespace Holdfast.Gateway;

/// <summary>How a gateway serves HTTPS, by HTTP/2 and HTTP/1.1.</summary>
public sealed record GatewayTls
{
    /// <summary>The TCP port, from 1 to 65535; 0 for any that is free.</summary>
    public required int Port { get; init; }

    /// <summary>Reads the certificate, with its key and those that sign it. Throws <see cref="ArgumentException"/> or <see cref="IOException"/> when it can't be used.</summary>
    public required Func<SslStreamCertificateContext> Load { get; init; }

    /// <summary>The files that it lies in: when one has changed it is loaded again.</summary>
    public required IReadOnlyList<string> Files { get; init; }
}
