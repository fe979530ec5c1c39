using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Holdfast.Gateway.Sockets;

namespace Holdfast.Gateway.Tests.Sockets;

/// <summary>Connections that the server lets go of while their clients say nothing, and that nobody notices it of.</summary>
public sealed class RestingClientTests
{
    private const string Request = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n";

    [Fact]
    public async Task A_connection_that_rests_takes_the_next_request_and_rests_again()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        using var client = await ConnectAsync(rig);
        await RestAsync(rig, 1);
        for (var i = 0; i < 2; i++)
        {
            Assert.StartsWith("HTTP/1.1 200", await AskAsync(client, Request), StringComparison.Ordinal);
            await RestAsync(rig, 1);
        }
    }

    [Theory]
    [InlineData("", 9)]
    [InlineData("", 16)]
    [InlineData("", 28)]
    [InlineData(Request, 9)]
    [InlineData(Request, 16)]
    [InlineData(Request, 28)]
    public async Task A_part_of_a_request_does_not_rest_wherever_it_ends_and_whatever_came_before_it(string before, int length)
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        using var client = await ConnectAsync(rig);
        if (before.Length > 0)
        {
            Assert.StartsWith("HTTP/1.1 200", await AskAsync(client, before + Request[..length]), StringComparison.Ordinal);
        }
        else
        {
            await client.SendAsync(Encoding.ASCII.GetBytes(Request[..length]));
        }

        using var later = await ConnectAsync(rig);
        await RestAsync(rig, 1);

        Assert.StartsWith("HTTP/1.1 200", await AskAsync(client, Request[length..]), StringComparison.Ordinal);
        await RestAsync(rig, 2);
    }

    [Fact]
    public async Task A_body_that_its_client_is_long_in_sending_does_not_rest()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        using var client = await ConnectAsync(rig);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 31\r\n\r\nGET /"u8.ToArray());
        using var later = await ConnectAsync(rig);
        await RestAsync(rig, 1);

        // The server bears with five seconds of silence; on a slow machine they may be over.
        Assert.Matches("^HTTP/1.1 (200|408)", await AskAsync(client, "smuggled HTTP/1.1\r\nHost: x"));
    }

    [Fact]
    public async Task A_request_that_takes_longer_does_not_rest_though_its_connection_is_silent()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        using var client = await ConnectAsync(rig);
        var waiting = AskAsync(client, "GET /hang HTTP/1.1\r\nHost: shop\r\n\r\n");
        using var other = await ConnectAsync(rig);
        await RestAsync(rig, 1);

        await rig.AskAsync("/release");

        Assert.StartsWith("HTTP/1.1 200", await waiting, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_goes_away_from_its_rest_is_forgotten()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        using var client = await ConnectAsync(rig);
        using var other = await ConnectAsync(rig);
        await RestAsync(rig, 2);

        client.Dispose();
        other.LingerState = new LingerOption(enable: true, seconds: 0);
        other.Dispose();

        await RestAsync(rig, 0);
    }

    [Fact]
    public async Task Many_that_rest_all_come_back_at_once()
    {
        const int Count = 50;
        await using var rig = await Rig.StartAsync(instances: 1);
        var clients = await Task.WhenAll(Enumerable.Range(0, Count).Select(_ => ConnectAsync(rig)));
        await RestAsync(rig, Count);

        var answers = await Task.WhenAll(clients.Select(static client => AskAsync(client, Request)));

        Assert.All(answers, static answer => Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal));
        Assert.All(clients, static client => client.Dispose());
    }

    [Fact]
    public async Task A_gateway_that_ends_closes_what_rests_and_does_not_wait_for_it()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        using var client = await ConnectAsync(rig);
        await RestAsync(rig, 1);

        await rig.StopGatewayAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(0, await client.ReceiveAsync(new byte[1]));
    }

    [Fact]
    public async Task Who_asks_from_its_rest_when_the_gateway_listens_no_more_is_answered_and_told_to_go_elsewhere()
    {
        TimeSpan silence;
        string answer;
        do
        {
            await using var rig = await Rig.StartAsync(instances: 1);
            using var client = await ConnectAsync(rig);
            await AskAsync(client, Request);
            var asked = Stopwatch.GetTimestamp();
            await RestAsync(rig, 1);
            var ending = rig.StopGatewayAsync().AsTask();
            await Eventually.HoldsAsync(async () => !await TakesConnectionsAsync(rig));

            silence = Stopwatch.GetElapsedTime(asked);
            answer = await TryAskAsync(client);
            await ending;
        }
        while (silence > GatewayLimits.UnusedTime);

        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close", answer, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_rest_that_takes_too_long_is_ended()
    {
        var clock = new SteppedClock();
        var resting = new RestingClients(clock);
        using var loop = new SocketLoop(TimeProvider.System);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndpoint);
        resting.Add(new PolledSocket(loop, await listener.AcceptSocketAsync(), takesTurns: true), static _ => Assert.Fail("Nothing has come."));

        Assert.False(resting.Close(GatewayLimits.LongestRest, TimeSpan.Zero));
        Assert.Equal(1, resting.Count);

        clock.Move(GatewayLimits.LongestRest);
        await Eventually.HoldsAsync(() => Task.FromResult(resting.Close(GatewayLimits.LongestRest, TimeSpan.Zero)));
        Assert.Equal(0, await client.ReceiveAsync(new byte[1]));
    }

    private static async Task<Socket> ConnectAsync(Rig rig)
    {
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(IPAddress.Loopback, rig.Address.Port);
        return client;
    }

    private static async Task<bool> TakesConnectionsAsync(Rig rig)
    {
        try
        {
            using var client = await ConnectAsync(rig);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>The answer's head; empty when the connection is closed instead.</summary>
    private static async Task<string> TryAskAsync(Socket client)
    {
        try
        {
            return await AskAsync(client, Request);
        }
        catch (Exception fault) when (fault is IOException or SocketException)
        {
            return "";
        }
    }

    private static Task RestAsync(Rig rig, int count) => Eventually.HoldsAsync(async () =>
        (await rig.MetricsAsync()).Contains($"holdfast_gateway_client_connections{{state=\"resting\"}} {count}\n", StringComparison.Ordinal));

    /// <summary>Sends what is left of a request, and returns its answer's head.</summary>
    private static async Task<string> AskAsync(Socket client, string request)
    {
        await client.SendAsync(Encoding.ASCII.GetBytes(request));
        using var stream = new NetworkStream(client, ownsSocket: false);
        using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
        var head = new StringBuilder();
        var length = 0;
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            head.Append(line).Append('\n');
            if (line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            {
                length = int.Parse(line[15..], System.Globalization.CultureInfo.InvariantCulture);
            }
        }

        var body = new char[length];
        Assert.Equal(length, await reader.ReadBlockAsync(body));
        return head.ToString();
    }
}
