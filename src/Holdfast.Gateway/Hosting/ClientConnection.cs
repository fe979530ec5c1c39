using Holdfast.Gateway.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Gateway.Hosting;

/// <summary>
/// A client's connection, to be closed when nobody uses it, or left to rest. A request that has just come in, and that nobody has seen yet, keeps its connection open (<see cref="Quietness"/>).
/// </summary>
internal sealed class ClientConnection(ConnectionContext connection, ClientConnections all, TimeProvider clock)
{
    private long ended = clock.GetTimestamp();
    private volatile bool isServing;
    private volatile bool isHttp2;
    private volatile bool mayHaveUnreadBody;
    private bool isDismissed;

    /// <summary>Whether its requests come at the same time. Clients are told that such a one ends by the protocol itself.</summary>
    public bool IsHttp2 => isHttp2;

    private ClientConnections All => all;

    /// <summary>A request has come.</summary>
    public void Begin(string protocol, bool hasBody)
    {
        isServing = true;
        mayHaveUnreadBody = hasBody;
        if (HttpProtocol.IsHttp2(protocol))
        {
            isHttp2 = true;
        }
    }

    /// <summary>The request has its answer, which need not be sent yet.</summary>
    public void End()
    {
        Volatile.Write(ref ended, clock.GetTimestamp());
        isServing = false;
        connection.Features.Get<PolledConnection>()?.RequestEnded();
    }

    /// <summary>Has the answer, if the gateway ends, be the last one of its connection.</summary>
    public static void Tell(HttpContext context)
    {
        if (context.Features.Get<ClientConnection>() is { IsHttp2: false } connection && connection.All.IsEnding)
        {
            context.Response.Headers.Connection = "close";
        }
    }

    /// <summary>Has the server tell the client of HTTP/2 that no further request is taken (GOAWAY, RFC 9113, section 6.8), and serve those that it has.</summary>
    public void Dismiss()
    {
        if (!isDismissed)
        {
            isDismissed = true;
            connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
    }

    /// <summary>Closes the connection if nothing came on it for so long and nothing is on its way. Returns whether it is closed.</summary>
    public bool TryClose(TimeSpan unused)
    {
        if (isServing || clock.GetElapsedTime(Volatile.Read(ref ended)) < unused || connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket)
        {
            return false;
        }

        return Quietness.TryShut(socket, unused, () => !isServing);
    }

    /// <summary>Has the server let go of what it has for the connection, which stays, if its client has said nothing for a while.</summary>
    public bool TryRest() =>
        !isServing && !isHttp2
        && clock.GetElapsedTime(Volatile.Read(ref ended)) >= (mayHaveUnreadBody ? GatewayLimits.RestAfterBody : GatewayLimits.RestAfter)
        && connection.Features.Get<PolledConnection>()?.TryRest() == true;
}
