using System.Net;

namespace Holdfast.Gateway.Tests;

/// <summary>Instances that take connections and answer nothing (SIGSTOP).</summary>
public sealed class SilenceTests
{
    [Fact]
    public async Task A_request_that_may_be_repeated_leaves_an_instance_that_has_gone_silent()
    {
        await using var rig = await Rig.StartAsync(instances: 2);
        var waiting = rig.AskAsync("/hang");
        var (holder, other) = await HolderAsync(rig);
        rig[holder].Freeze();

        await rig[other].SeeAsync(1);
        await rig.AskAsync("/release");

        Assert.Equal(other, await waiting);
        rig[holder].Thaw();
        await Eventually.HoldsAsync(async () => await rig.AskAsync() == holder);
    }

    [Fact]
    public async Task A_request_that_may_not_be_repeated_ends_with_504_long_before_the_connection_is_given_up()
    {
        await using var rig = await Rig.StartAsync(instances: 2);
        var waiting = rig.Client.PostAsync("/hang", new StringContent("goods"));
        var (holder, other) = await HolderAsync(rig);
        rig[holder].Freeze();

        using var response = await waiting;

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Empty(rig[other].Seen);
    }

    private static async Task<(string Holder, string Other)> HolderAsync(Rig rig)
    {
        await Eventually.HoldsAsync(() => Task.FromResult(rig["shop-1"].Seen.Count + rig["shop-2"].Seen.Count == 1));
        return rig["shop-1"].Seen.Count == 1 ? ("shop-1", "shop-2") : ("shop-2", "shop-1");
    }
}
