using Holdfast.TestServers;

namespace Holdfast.Gateway.Tests.Attacks;

/// <summary>
/// Requests that two servers could read differently, sent to the gateway and to nginx and HAProxy as Debian has them:
/// the gateway refuses each, and so everything that either of them refuses.
/// </summary>
public sealed class SmugglingTests(ITestOutputHelper output)
{
    /// <summary>What is wrong, and the request; each would be a good one without that.</summary>
    private static readonly (string What, string Request)[] Set =
    [
        ("A1 both lengths", Post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
        ("A1 both lengths, the other way round", Post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")),
        ("A1 a coding that is no chunked", Post("Transfer-Encoding: identity\r\n", "hello")),
        ("A1 chunked that is not last", Post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n")),
        ("A1 a coding beside chunked", Post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")),
        ("A1 a coding that nobody knows beside chunked", Post("Transfer-Encoding: xchunked, chunked\r\n", "0\r\n\r\n")),
        ("A1 chunked twice in one field", Post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n")),
        ("A1 chunked in two fields", Post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
        ("A1 chunked in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("A1 chunked with a vertical tab", Post("Transfer-Encoding: \vchunked\r\n", "0\r\n\r\n")),
        ("A2 a length with a plus", Post("Content-Length: +1\r\n", "x")),
        ("A2 a length of minus zero", Post("Content-Length: -0\r\n", "")),
        ("A2 a negative length", Post("Content-Length: -1\r\n", "")),
        ("A2 a length in hex", Post("Content-Length: 0x5\r\n", "hello")),
        ("A2 a length with a space in it", Post("Content-Length: 1 1\r\n", "hello world")),
        ("A2 a length of nothing", Post("Content-Length: \r\n", "")),
        ("A2 a length that no number holds", Post("Content-Length: 99999999999999999999\r\n", "hello")),
        ("A2 two lengths in one field", Post("Content-Length: 5, 6\r\n", "hello")),
        ("A2 a length twice", Post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!")),
        ("A2 the same length twice", Post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")),
        ("A3 a bare line feed in a chunk's extension", Post("Transfer-Encoding: chunked\r\n", "5;a\nb\r\nhello\r\n0\r\n\r\n")),
        ("A3 a bare carriage return in a chunk's extension", Post("Transfer-Encoding: chunked\r\n", "5;a\rb\r\nhello\r\n0\r\n\r\n")),
        ("A3 a chunk's length ended by a bare line feed", Post("Transfer-Encoding: chunked\r\n", "5\nhello\r\n0\r\n\r\n")),
        ("A3 a chunk ended by bare line feeds", Post("Transfer-Encoding: chunked\r\n", "5\r\nhello\n0\n\n")),
        ("A4 a chunk's length that no number holds", Post("Transfer-Encoding: chunked\r\n", "FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n")),
        ("A4 a chunk's length of 2^63", Post("Transfer-Encoding: chunked\r\n", "8000000000000000\r\nhello\r\n0\r\n\r\n")),
        ("A4 a chunk's length with a sign", Post("Transfer-Encoding: chunked\r\n", "+5\r\nhello\r\n0\r\n\r\n")),
        ("A4 a chunk's length with a prefix", Post("Transfer-Encoding: chunked\r\n", "0x5\r\nhello\r\n0\r\n\r\n")),
        ("A4 a chunk longer than its length", Post("Transfer-Encoding: chunked\r\n", "3\r\nhello\r\n0\r\n\r\n")),
        ("A5 bare line feeds", "GET / HTTP/1.1\nHost: a\nConnection: close\n\n"),
        ("A5 a bare line feed after a header", "GET / HTTP/1.1\r\nHost: a\nConnection: close\r\n\r\n"),
        ("A5 a bare carriage return in a header", "GET / HTTP/1.1\r\nHost: a\r\nX: y\rz\r\nConnection: close\r\n\r\n"),
        ("A6 a folded header", "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\nConnection: close\r\n\r\n"),
        ("A6 a NUL", "GET / HTTP/1.1\r\nHost: a\r\nX: y\0z\r\nConnection: close\r\n\r\n"),
        ("A6 a space before the colon", "GET / HTTP/1.1\r\nHost: a\r\nX : y\r\nConnection: close\r\n\r\n"),
        ("A6 a header without a name", "GET / HTTP/1.1\r\nHost: a\r\n: y\r\nConnection: close\r\n\r\n"),
        ("A6 a header without a colon", "GET / HTTP/1.1\r\nHost: a\r\nX\r\nConnection: close\r\n\r\n"),
        ("A6 no host", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"),
        ("A6 two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n"),
        ("A6 a host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n\r\n"),
        ("A6 a method with a control character", "GE\u0001T / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
        ("A6 a target with a space", "GET /a b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
        ("A6 a target that is no path", "GET a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
        ("A6 a version that is none", "GET / HTTP/1.x\r\nHost: a\r\nConnection: close\r\n\r\n"),
    ];

    [Fact]
    [Trait("Attack", "A1-A6")]
    public async Task What_could_be_read_in_two_ways_is_refused_and_so_is_all_that_the_peers_refuse()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        await using var nginx = await PeerProxy.NginxAsync(rig["shop-1"].Url);
        await using var haproxy = await PeerProxy.HaproxyAsync(rig["shop-1"].Url);
        var passed = new List<string>();
        foreach (var (what, request) in Set)
        {
            // Some wait for more of what the others refuse.
            var own = await RawExchange.StatusAsync(rig.Address, request);
            var (ofNginx, ofHaproxy) = (await RawExchange.StatusAsync(nginx.Url, request, TimeSpan.FromSeconds(2)), await RawExchange.StatusAsync(haproxy.Url, request, TimeSpan.FromSeconds(2)));
            output.WriteLine($"{what}: gateway {own}, nginx {ofNginx}, HAProxy {ofHaproxy}");
            if (own is not ("400" or "405" or "505"))
            {
                passed.Add($"{what}: {own}");
            }
        }

        Assert.Empty(passed);
    }

    [Fact]
    [Trait("Attack", "A1-A6")]
    public async Task What_is_refused_for_its_head_reaches_no_instance()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        foreach (var (_, request) in Set.Where(static one => one.What[..2] is not ("A3" or "A4")))
        {
            await RawExchange.StatusAsync(rig.Address, request);
        }

        Assert.Empty(rig["shop-1"].Seen);
    }

    [Fact]
    [Trait("Attack", "A2")]
    public async Task Lengths_that_are_numbers_pass()
    {
        await using var rig = await Rig.StartAsync(instances: 1);

        Assert.Equal("200", await RawExchange.StatusAsync(rig.Address, Post("Content-Length: 5\r\n", "hello")));
        Assert.Equal("200", await RawExchange.StatusAsync(rig.Address, Post("Content-Length: 0\r\n", "")));
        Assert.Equal("200", await RawExchange.StatusAsync(rig.Address, Post("content-length: 005\r\n", "hello")));
        Assert.Equal("200", await RawExchange.StatusAsync(rig.Address, Post("Transfer-Encoding: chunked\r\n", "5;a=b\r\nhello\r\n0\r\nTrailer: x\r\n\r\n")));
        Assert.Equal("200", await RawExchange.StatusAsync(rig.Address, Post("Transfer-Encoding: Chunked\r\n", "5\r\nhello\r\n0\r\n\r\n")));
    }

    private static string Post(string headers, string body) => $"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n{body}";
}
