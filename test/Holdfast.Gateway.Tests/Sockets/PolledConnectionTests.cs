using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Holdfast.Gateway.Hosting;
using Holdfast.Gateway.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Gateway.Tests.Sockets;

/// <summary>A client's connection as the server sees it.</summary>
public sealed class PolledConnectionTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly SocketLoop loop = new(TimeProvider.System);
    private readonly Socket client = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly List<PolledSocket> rested = [];
    private PolledConnection connection = null!;

    public async ValueTask InitializeAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await client.ConnectAsync(listener.LocalEndpoint);
        connection = new PolledConnection(new PolledSocket(loop, await listener.AcceptSocketAsync(), takesTurns: true), MemoryPool<byte>.Shared, rested.Add, NullLogger.Instance);
    }

    public ValueTask DisposeAsync()
    {
        client.Dispose();
        connection.Socket.Dispose();
        loop.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void It_is_all_that_the_server_and_the_gateway_look_for()
    {
        var features = connection.Features;

        Assert.Same(connection.Items, features.Get<IConnectionItemsFeature>()!.Items);
        Assert.Equal(connection.ConnectionId, features.Get<IConnectionIdFeature>()!.ConnectionId);
        Assert.Same(connection.Transport, features.Get<IConnectionTransportFeature>()!.Transport);
        Assert.Equal(((IPEndPoint)client.LocalEndPoint!).Port, Assert.IsType<IPEndPoint>(features.Get<IConnectionEndPointFeature>()!.RemoteEndPoint).Port);
        Assert.Equal(((IPEndPoint)client.RemoteEndPoint!).Port, Assert.IsType<IPEndPoint>(features.Get<IConnectionEndPointFeature>()!.LocalEndPoint).Port);
        Assert.Same(MemoryPool<byte>.Shared, features.Get<IMemoryPoolFeature>()!.MemoryPool);
        Assert.Same(connection.Socket, features.Get<IConnectionSocketFeature>()!.Socket);
    }

    [Fact]
    public async Task Requests_that_are_only_begun_to_be_reset_end_it()
    {
        var context = new DefaultHttpContext(connection.Features);
        for (var i = 0; i <= 100; i++)
        {
            Assert.False(connection.ConnectionClosed.IsCancellationRequested);
            ResetCount.Add(context);
        }

        await Eventually.HoldsAsync(() => Task.FromResult(connection.ConnectionClosed.IsCancellationRequested));
        Assert.Equal(0, await client.ReceiveAsync(new byte[1]).WaitAsync(Patience));
    }

    [Fact]
    public async Task It_rests_when_nothing_of_a_request_was_read_and_its_socket_stays_open()
    {
        var reading = connection.Transport.Input.ReadAsync().AsTask();
        Assert.True(connection.TryRest());
        Assert.True((await reading.WaitAsync(Patience)).IsCompleted);

        await connection.DisposeAsync();

        Assert.Single(rested);
        connection.Abort();
        rested[0].Resume();
        await rested[0].SendAsync("there"u8.ToArray());
        Assert.Equal(5, await client.ReceiveAsync(new byte[8]));
    }

    [Fact]
    public async Task It_does_not_rest_while_a_request_has_been_read_in_part_but_when_that_is_answered()
    {
        await client.SendAsync("GET / HTTP/1.1\r\n"u8.ToArray());
        var read = await connection.Transport.Input.ReadAsync().AsTask().WaitAsync(Patience);
        connection.Transport.Input.AdvanceTo(read.Buffer.End);
        var reading = connection.Transport.Input.ReadAsync().AsTask();
        Assert.False(connection.TryRest());

        connection.RequestEnded();
        Assert.True(connection.TryRest());
        await reading.WaitAsync(Patience);
    }

    [Fact]
    public async Task It_is_closed_when_the_server_answers_the_end_that_it_was_told_of()
    {
        var reading = connection.Transport.Input.ReadAsync().AsTask();
        Assert.True(connection.TryRest());
        await reading.WaitAsync(Patience);
        await connection.Transport.Output.WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());

        await connection.DisposeAsync();

        Assert.Empty(rested);
        Assert.NotEqual(0, await client.ReceiveAsync(new byte[100]));
        Assert.Equal(0, await client.ReceiveAsync(new byte[1]));
    }
}
