using System.Net;
using Holdfast.Gateway.Balancing;
using Holdfast.Gateway.Services;

namespace Holdfast.Gateway.Tests.Services;

public sealed class SettingsTests
{
    [Fact]
    public void Each_setting_is_read()
    {
        var (settings, problems) = SettingsParser.Parse(new Dictionary<string, string>
        {
            ["balance"] = "hash cookie user",
            ["weights"] = "shop-1=50, shop-2=200",
            ["slow-start"] = "1.5s",
            ["sticky"] = "/live /chat/",
            ["timeout"] = "2m",
            ["deadline"] = "250ms",
            ["concurrency"] = "20",
            ["queue"] = "0",
            ["ejection"] = "off",
            ["breaker"] = "50%",
        });

        Assert.Empty(problems);
        Assert.Equal((BalanceKind.Hash, "user", true), (settings.Balance, settings.HashBy, settings.HashesCookie));
        Assert.Equal((50, 200), (settings.Weights["shop-1"], settings.Weights["shop-2"]));
        Assert.Equal(["/live", "/chat"], settings.Sticky);
        Assert.Equal((1.5, 120, 0.25), (settings.SlowStart.TotalSeconds, settings.Timeout.TotalSeconds, settings.Deadline!.Value.TotalSeconds));
        Assert.Equal((20, 0, false), (settings.Concurrency, settings.Queue, settings.Ejects));
        Assert.Equal((true, 0.5), (settings.Breaks, settings.BreakerShare));
    }

    [Fact]
    public void A_breaker_is_on_until_it_is_turned_off()
    {
        Assert.Equal((true, null), (ServiceSettings.Default.Breaks, ServiceSettings.Default.BreakerShare));
        Assert.Equal((true, null), Breaker("on"));
        Assert.Equal((false, null), Breaker("off"));

        static (bool, double?) Breaker(string text)
        {
            var settings = SettingsParser.Parse(new Dictionary<string, string> { ["breaker"] = text }).Settings;
            return (settings.Breaks, settings.BreakerShare);
        }
    }

    [Theory]
    [InlineData("balance", "best", "round-robin")]
    [InlineData("balance", "hash header", "hash header NAME")]
    [InlineData("balance", "hash cookie a=b", "hash cookie NAME")]
    [InlineData("weights", "shop-1", "shop-1=50")]
    [InlineData("weights", "shop-1=0", "from 1 to")]
    [InlineData("slow-start", "10", "30s")]
    [InlineData("timeout", "1ms", "0.1 s")]
    [InlineData("deadline", "-1s", "500ms")]
    [InlineData("deadline", "25h", "24 h")]
    [InlineData("concurrency", "many", "adaptive")]
    [InlineData("queue", "-1", "whole number")]
    [InlineData("sticky", "live", "/live")]
    [InlineData("ejection", "maybe", "on or off")]
    [InlineData("breaker", "5%", "from 10% to 100%")]
    [InlineData("breaker", "half", "on, off")]
    [InlineData("colour", "red", "balance")]
    public void A_mistake_names_the_setting_and_the_remedy(string name, string text, string remedy)
    {
        var (setting, problem) = Assert.Single(GatewaySettings.ProblemsOf(new Dictionary<string, string> { [name] = text }));

        Assert.Equal(name, setting);
        Assert.Contains(remedy, problem);
    }

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        var problems = GatewaySettings.ProblemsOf(new Dictionary<string, string> { ["balance"] = "best", ["queue"] = "long", ["timeout"] = "soon" });

        Assert.Equal(["balance", "queue", "timeout"], problems.Select(static problem => problem.Setting));
    }

    [Fact]
    public async Task Settings_change_under_way_and_one_that_cannot_be_used_changes_nothing()
    {
        await using var rig = await Rig.StartAsync(instances: 2);
        await DeclareAsync(rig, new() { ["balance"] = "hash header X-User" });
        await Eventually.HoldsAsync(async () => (await AskAsync(rig, 6)).Count == 1);

        await DeclareAsync(rig, new() { ["balance"] = "nonsense" });
        await rig.JoinAsync("shop-3");
        await Eventually.HoldsAsync(async () => (await AskAsync(rig, 1, "u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8", "u9")).Contains("shop-3"));
        Assert.Single(await AskAsync(rig, 6));

        await DeclareAsync(rig, []);
        await Eventually.HoldsAsync(async () => (await AskAsync(rig, 6)).Count == 3);
    }

    [Fact]
    public async Task A_declaration_of_which_a_part_cannot_be_used_changes_nothing_and_neither_does_what_came_with_it()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        await rig.JoinAsync("blog-1", service: Declared("blog", "/blog"));

        // The blog gives its path to the shop, which has a setting that there is not, and a health path that is answered badly.
        var bad = new ServiceDeclaration("shop", ["/blog", "/shop"], "/status/503") { Settings = new Dictionary<string, string> { ["colour"] = "red" } };
        await rig.Registry.DeclareAsync([Declared("blog", "/notes"), bad]);
        await rig.JoinAsync("news-1", service: Declared("news", "/news"));

        Assert.Equal(["news-1", "blog-1", "shop-1", "shop-1"], await AnsweringAsync(rig, "/news", "/blog", "/notes", "/elsewhere"));
        Assert.DoesNotContain("GET /status/503", rig["shop-1"].Seen);

        await rig.Registry.DeclareAsync([Declared("blog", "/notes"), Declared("shop", "/blog")]);
        await Eventually.HoldsAsync(async () => (await AnsweringAsync(rig, "/elsewhere"))[0] == "none");
        Assert.Equal(["news-1", "shop-1", "blog-1"], await AnsweringAsync(rig, "/news", "/blog", "/notes"));
    }

    [Fact]
    public async Task A_declaration_that_cannot_be_used_holds_back_nobody_elses()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        await rig.JoinAsync("blog-1", service: Declared("blog", "/blog"));
        await rig.JoinAsync("news-1", service: Declared("news", "/news"));

        // The shop can't be understood. The blog takes what it gives away, and the news have nothing to do with either.
        var bad = new ServiceDeclaration("shop", ["/shop"], "/healthz") { Settings = new Dictionary<string, string> { ["colour"] = "red" } };
        await rig.Registry.DeclareAsync([bad, new ServiceDeclaration("blog", ["/notes", "/"], "/healthz"), Declared("news", "/news", "/papers")]);
        await Eventually.HoldsAsync(async () => (await AnsweringAsync(rig, "/papers"))[0] == "news-1");
        Assert.Equal(["news-1", "blog-1", "shop-1", "shop-1"], await AnsweringAsync(rig, "/news", "/blog", "/notes", "/other"));

        // Somebody else goes on changing meanwhile.
        await rig.Registry.DeclareAsync(Declared("news", "/news", "/papers", "/today"));
        await Eventually.HoldsAsync(async () => (await AnsweringAsync(rig, "/today"))[0] == "news-1");
        await rig.Registry.DeclareAsync(Declared("shop", "/shop"));
        await Eventually.HoldsAsync(async () => (await AnsweringAsync(rig, "/other"))[0] == "blog-1");
        Assert.Equal(["blog-1", "shop-1"], await AnsweringAsync(rig, "/blog", "/shop"));
    }

    [Fact]
    public async Task A_service_that_was_not_known_is_served_though_its_settings_cannot_be_used()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        await using var gateway = await rig.StartGatewayAsync(("colour", "red"));

        using var response = await rig.Client.GetAsync(gateway.Address);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private static ServiceDeclaration Declared(string service, params string[] routes) => new(service, routes, "/healthz");

    /// <summary>Which instances answer these paths, or none.</summary>
    private static async Task<string[]> AnsweringAsync(Rig rig, params string[] paths)
    {
        var answering = new List<string>();
        foreach (var path in paths)
        {
            using var response = await rig.Client.GetAsync(path);
            answering.Add(response.Headers.TryGetValues("X-Instance", out var names) ? names.Single() : "none");
        }

        return [.. answering];
    }

    private static Task DeclareAsync(Rig rig, Dictionary<string, string> settings) =>
        rig.Registry.DeclareAsync(new ServiceDeclaration(Rig.Shop.Name, Rig.Shop.Routes, Rig.Shop.HealthPath) { Settings = settings }).AsTask();

    /// <summary>Which instances answer each of these users so many times.</summary>
    private static async Task<HashSet<string>> AskAsync(Rig rig, int times, params string[] users)
    {
        var answered = new HashSet<string>();
        foreach (var user in users.DefaultIfEmpty("me"))
        {
            for (var i = 0; i < times; i++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "X-User", user } } };
                using var response = await rig.Client.SendAsync(request);
                answered.Add(response.Headers.GetValues("X-Instance").Single());
            }
        }

        return answered;
    }
}
