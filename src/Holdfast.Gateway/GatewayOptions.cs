using System.Net;

namespace Holdfast.Gateway;

/// <summary>What a gateway needs to know. Everything else it reads from the instance registry.</summary>
public sealed record GatewayOptions
{
    /// <summary>
    /// Opens the store that holds the instance registry, with options that pass the engine's events on to the gateway's
    /// log. Called again, once a second, for as long as it fails with a <see cref="StateException"/>. The gateway
    /// disposes the engine.
    /// </summary>
    public required Func<StateEngineOptions, CancellationToken, ValueTask<StateEngine>> OpenStore { get; init; }

    /// <summary>The TCP port, from 1 to 65535; 0 for any that is free.</summary>
    public required int Port { get; init; }

    /// <summary>The address to listen on. The default is the IPv4 loopback.</summary>
    public IPAddress Host { get; init; } = IPAddress.Loopback;

    /// <summary>Where the gateway is: instances of the same region are preferred. Empty for everywhere.</summary>
    public string Region { get; init; } = "";

    /// <summary>HTTPS, besides HTTP; null for none.</summary>
    public GatewayTls? Tls { get; init; }

    /// <summary>The loopback port for <c>/metrics</c>, <c>/livez</c> and <c>/readyz</c>, 0 for any that is free; null for none.</summary>
    public int? AdminPort { get; init; }

    /// <summary>Opens the access log for appending; null for none. Called again for each batch of lines.</summary>
    public Func<Stream>? OpenAccessLog { get; init; }

    /// <summary>How long requests in flight may take to finish once the gateway is told to stop.</summary>
    public TimeSpan DrainTimeout { get; init; } = GatewayLimits.DrainTimeout;

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Where clients connect to: for HTTP, and then, if there is any, for HTTPS.</summary>
    internal IReadOnlyList<IPEndPoint> Places => Tls is { } tls ? [new(Host, Port), new(Host, tls.Port)] : [new(Host, Port)];
}
