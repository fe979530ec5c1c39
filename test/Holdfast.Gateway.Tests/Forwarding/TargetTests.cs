using Holdfast.Gateway.Tests.Attacks;

namespace Holdfast.Gateway.Tests.Forwarding;

/// <summary>The path and query that an instance is asked for.</summary>
public sealed class TargetTests
{
    [Theory]
    [Trait("Attack", "A12")]
    [InlineData("/public/%252e%252e/admin?|", "/public/%252e%252e/admin?|")]
    [InlineData("/100%25xx|?q={\"a\"}", "/100%25xx|?q={\"a\"}")]
    [InlineData("/a%20b/%C3%A4/%2f/%FF?q=%zz&r=1+2", "/a%20b/%C3%A4/%2f/%FF?q=%zz&r=1+2")]
    [InlineData("//a//b/", "//a//b/")]
    [InlineData("/.well-known/%252e%41?x=/../y", "/.well-known/%252e%41?x=/../y")]
    [InlineData("/x/%2e%2E/%25admin", "/%25admin")]
    [InlineData("/x/./y/..", "/x/")]
    [InlineData("/../x", "/x")]
    [InlineData("http://a/x/../y%2541?z", "/y%2541?z")]
    [InlineData("http://a?z", "/?z")]
    public async Task It_is_the_one_that_was_routed_byte_for_byte(string asked, string sent)
    {
        await using var rig = await Rig.StartAsync(instances: 0);
        await using var instance = await RawInstance.JoinAsync(rig);

        Assert.Equal("200", await RawExchange.StatusAsync(rig.Address, $"GET {asked} HTTP/1.1\r\nHost: a\r\n\r\n"));

        Assert.StartsWith($"GET {sent} HTTP/1.1\r\n", Assert.Single(instance.Heads), StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Attack", "A12")]
    [InlineData("/public/..%2fadmin")]
    [InlineData("/public/x%2F..%2f..%2Fadmin")]
    [InlineData("/public/..%5cadmin")]
    [InlineData("/public/%2e%2e;/admin")]
    [InlineData("/public\\..\\admin")]
    [InlineData("/public#/../admin")]
    [InlineData("/public?a#b")]
    [InlineData("/pub\u0001lic")]
    [InlineData("http://a/public%2f../admin")]
    [InlineData("*")]
    public async Task One_that_servers_take_for_different_paths_is_refused(string asked)
    {
        await using var rig = await Rig.StartAsync(instances: 0);
        await using var instance = await RawInstance.JoinAsync(rig);

        Assert.Equal("400", await RawExchange.StatusAsync(rig.Address, $"{(asked == "*" ? "OPTIONS" : "GET")} {asked} HTTP/1.1\r\nHost: a\r\n\r\n"));

        Assert.Empty(instance.Heads);
    }
}
