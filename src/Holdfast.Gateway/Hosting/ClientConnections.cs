using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Holdfast.Gateway.Hosting;

/// <summary>The clients' connections that are open.</summary>
internal sealed class ClientConnections(TimeProvider clock)
{
    private readonly ConcurrentDictionary<ClientConnection, bool> open = [];
    private volatile bool isEnding;

    /// <summary>Whether their clients are told to go elsewhere.</summary>
    public bool IsEnding => isEnding;

    /// <summary>Has the connections of an endpoint be known. Goes before whatever reads from them.</summary>
    public void Know(ListenOptions listening) => listening.Use(next => connection => ServeAsync(connection, next));

    /// <summary>From now on clients are told to go elsewhere, each with its next answer.</summary>
    public void End() => isEnding = true;

    /// <summary>
    /// Closes the connections without HTTP/2 that were unused for so long, and tells the clients of the others to begin no more requests on theirs.
    /// Returns whether none is left that a client may be just about to use.
    /// </summary>
    public bool CloseUnused(TimeSpan unused)
    {
        var left = false;
        foreach (var (connection, _) in open)
        {
            if (connection.IsHttp2)
            {
                connection.Dismiss();
            }
            else
            {
                left |= !connection.TryClose(unused);
            }
        }

        return !left;
    }

    private async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var client = new ClientConnection(connection, this, clock);
        connection.Features.Set(client);
        open[client] = true;
        try
        {
            await next(connection);
        }
        finally
        {
            open.TryRemove(client, out _);
        }
    }
}
