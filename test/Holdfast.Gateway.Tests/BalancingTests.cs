using System.Net;
using Holdfast.TestServers;

namespace Holdfast.Gateway.Tests;

public sealed class BalancingTests
{
    [Fact]
    public async Task Instances_take_turns()
    {
        await using var rig = await Rig.StartAsync(instances: 3);
        var answered = new List<string>();
        for (var i = 0; i < 30; i++)
        {
            answered.Add(await rig.AskAsync());
        }

        Assert.Equal([10, 10, 10], answered.CountBy(name => name).Select(pair => pair.Value));
        Assert.Equal(3, answered.Take(3).Distinct().Count());
    }

    [Fact]
    public async Task A_draining_instance_gets_no_new_requests_and_finishes_those_it_has()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        var hanging = rig.AskAsync("/hang");
        await rig["shop-1"].SeeAsync(1);
        await rig.JoinAsync("shop-2");
        await rig.SetStateAsync("shop-1", InstanceState.Draining);
        await Eventually.HoldsAsync(async () => await rig.AskAsync() == "shop-2" && await rig.AskAsync() == "shop-2");

        using var direct = new HttpClient { BaseAddress = rig["shop-1"].Url };
        await direct.GetAsync("/release");

        Assert.Equal("shop-1", await hanging);
    }

    [Fact]
    public async Task An_instance_whose_health_path_fails_is_out_until_it_passes()
    {
        await using var rig = await Rig.StartAsync(instances: 2);
        using var direct = new HttpClient { BaseAddress = rig["shop-1"].Url };
        await direct.GetAsync("/sicken");

        await Eventually.HoldsAsync(async () => await rig.AskAsync() == "shop-2" && await rig.AskAsync() == "shop-2");
        await direct.GetAsync("/mend");
        await Eventually.HoldsAsync(async () => await rig.AskAsync() == "shop-1");
    }

    [Fact]
    public async Task A_request_waits_for_an_instance_to_become_ready()
    {
        await using var rig = await Rig.StartAsync(instances: 0);
        await rig.JoinAsync("shop-1", state: InstanceState.Starting);
        var waiting = rig.AskAsync();
        Assert.False(waiting.IsCompleted);

        await rig.SetStateAsync("shop-1", InstanceState.Ready);

        Assert.Equal("shop-1", await waiting);
    }

    [Fact]
    public async Task Without_a_ready_instance_a_request_ends_with_503_and_when_to_come_again()
    {
        await using var rig = await Rig.StartAsync(instances: 0);
        using var response = await rig.Client.GetAsync("/");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter?.Delta);
        Assert.Contains("shop", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task An_instance_that_returns_under_its_old_name_and_port_takes_turns_again()
    {
        await using var rig = await Rig.StartAsync(instances: 2);
        var port = rig["shop-1"].Url.Port;
        await rig["shop-1"].KillAsync();
        Assert.Equal(["shop-2", "shop-2", "shop-2"], [await rig.AskAsync(), await rig.AskAsync(), await rig.AskAsync()]);

        await using var returned = await BackendProcess.StartAsync("shop-1", port);

        await Eventually.HoldsAsync(async () => await rig.AskAsync() == "shop-1");
    }
}
