using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Holdfast.Gateway.Hosting;
using Holdfast.Gateway.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Holdfast.Gateway.Tests.Hosting;

/// <summary>When a gateway that ends closes the connection of a client that has nothing under way.</summary>
public sealed class ClientConnectionTests : IDisposable
{
    private static readonly TimeSpan Unused = TimeSpan.FromMilliseconds(500);
    private readonly SteppedClock clock = new();
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);

    public ClientConnectionTests() => listener.Start();

    public void Dispose() => listener.Dispose();

    [Fact]
    public async Task One_that_nobody_uses_is_closed_and_its_client_told_by_the_end_of_the_stream()
    {
        using var both = await ConnectAsync();
        clock.Move(Unused);

        await Eventually.HoldsAsync(() => Task.FromResult(both.Connection.TryClose(Unused)));

        Assert.Equal(0, await both.Client.ReceiveAsync(new byte[1]));
    }

    [Fact]
    public async Task Bytes_that_nobody_has_read_keep_it_open_however_long_ago_they_came()
    {
        using var both = await ConnectAsync();
        await both.Client.SendAsync("G"u8.ToArray());
        using var later = await ConnectAsync();
        clock.Move(Unused);
        await Eventually.HoldsAsync(() => Task.FromResult(later.Connection.TryClose(Unused)));
        Assert.False(both.Connection.TryClose(Unused));

        Assert.Equal(1, await both.Server.ReceiveAsync(new byte[2]));
        Assert.True(both.Connection.TryClose(Unused));
    }

    [Fact]
    public async Task Bytes_that_have_just_been_read_keep_it_open()
    {
        for (var isTold = false; !isTold;)
        {
            using var both = await ConnectAsync();
            using var other = await ConnectAsync();
            clock.Move(Unused);
            await Eventually.HoldsAsync(() => Task.FromResult(other.Connection.TryClose(Unused)));

            var began = Stopwatch.GetTimestamp();
            await both.Client.SendAsync("G"u8.ToArray());
            Assert.Equal(1, await both.Server.ReceiveAsync(new byte[2]));
            var isClosed = both.Connection.TryClose(Unused);

            // Only then does the kernel say that they came a while ago.
            isTold = Stopwatch.GetElapsedTime(began) < Unused;
            Assert.False(isTold && isClosed);
        }
    }

    [Fact]
    public async Task A_request_keeps_it_open_and_for_a_while_its_end_does()
    {
        using var both = await ConnectAsync();
        both.Connection.Begin("HTTP/1.1", hasBody: false);
        clock.Move(Unused);
        Assert.False(both.Connection.TryClose(TimeSpan.Zero));

        both.Connection.End();
        Assert.False(both.Connection.TryClose(TimeSpan.FromMilliseconds(1)));

        clock.Move(Unused);
        await Eventually.HoldsAsync(() => Task.FromResult(both.Connection.TryClose(Unused)));
    }

    [Fact]
    public async Task An_answer_that_the_client_has_not_taken_keeps_it_open()
    {
        using var both = await ConnectAsync();
        both.Server.Blocking = false;
        var sent = 0;
        for (var error = SocketError.Success; error == SocketError.Success;)
        {
            sent += both.Server.Send(new byte[64 << 10], SocketFlags.None, out error);
        }

        Assert.False(both.Connection.TryClose(TimeSpan.Zero));

        var buffer = new byte[64 << 10];
        for (var taken = 0; taken < sent;)
        {
            taken += await both.Client.ReceiveAsync(buffer);
        }

        await Eventually.HoldsAsync(() => Task.FromResult(both.Connection.TryClose(TimeSpan.Zero)));
    }

    [Fact]
    public async Task One_that_has_had_a_request_of_HTTP_2_is_known_by_it()
    {
        using var both = await ConnectAsync();
        both.Connection.Begin("HTTP/1.1", hasBody: false);
        Assert.False(both.Connection.IsHttp2);
        both.Connection.Begin("HTTP/2", hasBody: false);
        Assert.True(both.Connection.IsHttp2);
    }

    private async Task<Both> ConnectAsync()
    {
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndpoint);
        var server = await listener.AcceptSocketAsync();
        var context = new DefaultConnectionContext();
        context.Features.Set<IConnectionSocketFeature>(new Connected(server));
        return new Both(client, server, new ClientConnection(context, new ClientConnections(new RestingClients(clock), clock), clock));
    }

    private sealed record Both(Socket Client, Socket Server, ClientConnection Connection) : IDisposable
    {
        public void Dispose()
        {
            Client.Dispose();
            Server.Dispose();
        }
    }

    private sealed record Connected(Socket Socket) : IConnectionSocketFeature;
}
