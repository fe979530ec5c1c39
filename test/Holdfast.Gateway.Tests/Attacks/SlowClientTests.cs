using System.Net.Sockets;
using System.Text;

namespace Holdfast.Gateway.Tests.Attacks;

/// <summary>Clients that send a byte a second, for as long as they are let.</summary>
public sealed class SlowClientTests
{
    [Fact]
    [Trait("Attack", "A8")]
    public async Task Slow_headers_bodies_and_trailers_are_cut()
    {
        await using var rig = await Rig.StartAsync(instances: 1);

        string[] ends = await Task.WhenAll(
            DribbleAsync(rig.Address, "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "),
            DribbleAsync(rig.Address, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"),
            DribbleAsync(rig.Address, "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nContent-Length: 100000\r\n\r\n"),
            DribbleAsync(rig.Address, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Slow: "));

        Assert.All(ends, static end => Assert.Contains(end, (string[])["400", "408", RawExchange.Closed]));
        Assert.Equal("shop-1", await rig.AskAsync());
    }

    /// <summary>Sends the beginning and then a byte a second, until it is answered or cut.</summary>
    private static async Task<string> DribbleAsync(Uri gateway, string beginning)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(gateway.Host, gateway.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(beginning));
        using var reader = new StreamReader(stream, Encoding.Latin1);
        var answer = reader.ReadLineAsync();
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            for (var sent = 0; sent < 350 && !answer.IsCompleted; sent++)
            {
                await Task.WhenAny(answer, pace.WaitForNextTickAsync().AsTask());
                await stream.WriteAsync("x"u8.ToArray());
            }

            Assert.True(answer.IsCompleted, "It was let go on.");
            return await answer is { Length: > 12 } line ? line.Substring(9, 3) : RawExchange.Closed;
        }
        catch (IOException)
        {
            return RawExchange.Closed;
        }
    }
}
