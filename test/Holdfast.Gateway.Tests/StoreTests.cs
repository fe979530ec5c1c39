using System.Net;

namespace Holdfast.Gateway.Tests;

public sealed class StoreTests
{
    [Fact]
    public async Task Without_its_store_a_gateway_goes_on_with_what_it_knew()
    {
        await using var rig = await Rig.StartAsync(instances: 3);
        await rig.AskAsync();
        await rig.Store.KillAsync();
        await rig["shop-1"].KillAsync();

        var answered = new List<string>();
        for (var i = 0; i < 20; i++)
        {
            answered.Add(await rig.AskAsync());
        }

        Assert.Equal(["shop-2", "shop-3"], answered.Distinct().Order());
    }

    [Fact]
    public async Task A_store_that_comes_back_empty_takes_no_instance_away()
    {
        await using var rig = await Rig.StartAsync(instances: 2, renews: false);
        await rig.AskAsync();
        Assert.True(await rig.RenewAsync("shop-1") && await rig.RenewAsync("shop-2"));
        await rig.Store.KillAsync();
        await rig.Store.RestartAsync();
        Assert.True(await rig.RenewAsync("shop-1"));
        await rig.SetStateAsync("shop-1", InstanceState.Draining);

        // The gateway has read the store's new contents once it has heard of the drain; shop-2 is not in there.
        await Eventually.HoldsAsync(async () => await rig.AskAsync() == "shop-2" && await rig.AskAsync() == "shop-2");
    }

    [Fact]
    public async Task A_gateway_that_starts_before_its_store_says_so_and_serves_once_it_is_there()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        await rig.Store.KillAsync();
        await using var early = await rig.StartGatewayAsync(isStoreThere: false);
        using var client = new HttpClient { BaseAddress = early.Address };

        using (var response = await client.GetAsync("/"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.NotNull(response.Headers.RetryAfter);
            Assert.Contains("store", await response.Content.ReadAsStringAsync());
        }

        await rig.Store.RestartAsync();
        Assert.True(await rig.RenewAsync("shop-1"));
        await Eventually.HoldsAsync(async () => (await client.GetAsync("/")).IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_store_that_can_never_be_opened_ends_the_gateway_with_the_reason()
    {
        var options = new GatewayOptions { Port = 0, OpenStore = static (_, _) => throw new ArgumentException("no such store") };

        var fault = await Assert.ThrowsAsync<ArgumentException>(async () =>
        {
            await using var gateway = await GatewayHost.StartAsync(options);
            await gateway.WaitForShutdownAsync();
        });
        Assert.Equal("no such store", fault.Message);
    }
}
