using System.Collections.Concurrent;
using Holdfast.Gateway.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Holdfast.Gateway.Hosting;

/// <summary>The clients' connections that are open. Those that say nothing for a while are left to rest, and closed when that takes too long.</summary>
internal sealed class ClientConnections : IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<ClientConnection, bool> open = [];
    private readonly RestingClients resting;
    private readonly TimeProvider clock;
    private readonly ITimer timer;
    private readonly Thrift thrift;
    private long lastRound;
    private volatile bool isEnding;

    public ClientConnections(RestingClients resting, TimeProvider clock)
    {
        (this.resting, this.clock) = (resting, clock);
        thrift = new Thrift(clock);
        lastRound = clock.GetTimestamp();
        timer = clock.CreateTimer(static all => ((ClientConnections)all!).Rest(), this, Pace, Pace);
    }

    /// <summary>How many the server has, those at rest not among them.</summary>
    public int Served => open.Count;

    /// <summary>How many rest.</summary>
    public int Resting => resting.Count;

    /// <summary>Whether their clients are told to go elsewhere.</summary>
    public bool IsEnding => isEnding;

    /// <summary>Has the connections of an endpoint be known. Goes before whatever reads from them.</summary>
    /// <param name="listening">The endpoint.</param>
    /// <param name="mayRest">Whether nothing but HTTP/1.1 is spoken there, in plain text: between two requests nobody but the client needs to remember anything.</param>
    public void Know(ListenOptions listening, bool mayRest) => listening.Use(next => connection => ServeAsync(connection, mayRest, next));

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

        return resting.Close(TimeSpan.Zero, unused) && !left;
    }

    public void Dispose() => timer.Dispose();

    private void Rest()
    {
        // Where the process stood still, the server is first to end the connections for whose body it has waited too long.
        var isOnTime = clock.GetElapsedTime(lastRound) < 2 * Pace;
        lastRound = clock.GetTimestamp();
        var count = 0;
        foreach (var (connection, mayRest) in open)
        {
            count += isOnTime && mayRest && connection.TryRest() ? 1 : 0;
        }

        resting.Close(GatewayLimits.LongestRest, GatewayLimits.RestAfter);
        thrift.Note(resting.Count, count);
    }

    private async Task ServeAsync(ConnectionContext connection, bool mayRest, ConnectionDelegate next)
    {
        var client = new ClientConnection(connection, this, clock);
        connection.Features.Set(client);
        open[client] = mayRest;
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
