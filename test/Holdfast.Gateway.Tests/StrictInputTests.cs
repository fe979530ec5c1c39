using System.Net.Sockets;
using System.Text;

namespace Holdfast.Gateway.Tests;

public sealed class StrictInputTests
{
    [Theory]
    [InlineData("two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400")]
    [InlineData("two lengths, the other way round", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "400")]
    [InlineData("a length twice", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "400")]
    [InlineData("bare line feeds", "GET / HTTP/1.1\nHost: a\n\n", "400")]
    [InlineData("a bare line feed after a header", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", "400")]
    [InlineData("a folded header", "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n", "400")]
    [InlineData("a space before the colon", "GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n", "400")]
    [InlineData("a NUL", "GET / HTTP/1.1\r\nHost: a\r\nX: y\0z\r\n\r\n", "400")]
    [InlineData("no host", "GET / HTTP/1.1\r\n\r\n", "400")]
    [InlineData("two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400")]
    [InlineData("TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", "405")]
    [InlineData("CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", "405")]
    public async Task What_could_be_read_in_two_ways_is_refused_and_reaches_no_instance(string what, string request, string status)
    {
        await using var rig = await Rig.StartAsync(instances: 1);

        var answer = await ExchangeAsync(rig.Address, request);

        Assert.True(answer.StartsWith($"HTTP/1.1 {status} ", StringComparison.Ordinal), $"{what}: {answer}");
        Assert.Empty(rig["shop-1"].Seen);
    }

    [Fact]
    public async Task Too_many_headers_are_refused()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        var headers = string.Concat(Enumerable.Range(0, 101).Select(i => $"X-{i}: y\r\n"));

        Assert.StartsWith("HTTP/1.1 431 ", await ExchangeAsync(rig.Address, $"GET / HTTP/1.1\r\nHost: a\r\n{headers}\r\n"));
        Assert.StartsWith("HTTP/1.1 431 ", await ExchangeAsync(rig.Address, $"GET / HTTP/1.1\r\nHost: a\r\nX: {new string('y', 33 << 10)}\r\n\r\n"));
    }

    [Theory]
    [InlineData(40 << 10)]
    [InlineData(400 << 10)]
    public async Task Who_is_refused_before_all_is_read_gets_the_answer_and_no_reset(int bytes)
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        for (var i = 0; i < 5; i++)
        {
            // A reset is an exception to who reads to the end.
            Assert.StartsWith("HTTP/1.1 431 ", await ExchangeAsync(rig.Address, $"GET / HTTP/1.1\r\nHost: a\r\nX: {new string('y', bytes)}\r\n\r\n"));
        }
    }

    [Fact]
    public async Task A_path_is_routed_as_what_it_becomes()
    {
        await using var rig = await Rig.StartAsync(instances: 1);

        await ExchangeAsync(rig.Address, "GET /x/%2e%2e/admin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        await rig["shop-1"].SeeAsync(1);
        Assert.Equal(["GET /admin"], rig["shop-1"].Seen);
    }

    /// <summary>Sends the bytes, and reads until the gateway closes the connection.</summary>
    private static async Task<string> ExchangeAsync(Uri gateway, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(gateway.Host, gateway.Port);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request));
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }
}
