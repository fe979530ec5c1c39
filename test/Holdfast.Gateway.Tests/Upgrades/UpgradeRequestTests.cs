using Holdfast.Gateway.Tests.Attacks;

namespace Holdfast.Gateway.Tests.Upgrades;

/// <summary>Requests that offer another protocol, and are requests all the same.</summary>
public sealed class UpgradeRequestTests
{
    private const string OfferOfHttp2 = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n";
    private const string Handshake = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

    [Theory]
    [InlineData("DELETE", OfferOfHttp2)]
    [InlineData("POST", OfferOfHttp2)]
    [InlineData("GET", OfferOfHttp2)]
    [InlineData("DELETE", "Connection: upgrade\r\n")]
    [InlineData("POST", Handshake)]
    public async Task What_is_no_WebSocket_goes_as_the_request_that_it_is(string method, string fields)
    {
        await using var rig = await Rig.StartAsync(instances: 0);
        await using var instance = await RawInstance.JoinAsync(rig);

        Assert.Equal("200", await RawExchange.StatusAsync(rig.Address, $"{method} /orders/5 HTTP/1.1\r\nHost: a\r\n{fields}\r\n"));

        var head = Assert.Single(instance.Heads);
        Assert.StartsWith($"{method} /orders/5 HTTP/1.1\r\n", head, StringComparison.Ordinal);
        Assert.DoesNotContain("\nUpgrade:", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("HTTP2-Settings", head, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(OfferOfHttp2)]
    [InlineData(Handshake)]
    public async Task One_that_waits_for_its_answer_takes_a_place_as_any_other_does(string fields)
    {
        await using var rig = await Rig.StartAsync(instances: 0);
        var mayAnswer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var instance = await RawInstance.JoinAsync(rig, async _ =>
        {
            await mayAnswer.Task;
            return RawInstance.Good;
        });
        await using var gateway = await rig.StartGatewayAsync(("concurrency", "1"), ("queue", "0"));
        var request = $"GET /live HTTP/1.1\r\nHost: a\r\n{fields}\r\n";
        var first = RawExchange.StatusAsync(gateway.Address, request);
        await Eventually.HoldsAsync(() => Task.FromResult(instance.Heads.Count == 1));

        var second = await RawExchange.StatusAsync(gateway.Address, request);
        mayAnswer.SetResult();

        Assert.Equal("503", second);
        Assert.Equal("200", await first);
    }
}
