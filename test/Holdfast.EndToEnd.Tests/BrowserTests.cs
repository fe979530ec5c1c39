using Holdfast.EndToEnd.Tests.People;
using Holdfast.EndToEnd.Tests.Processes;
using Holdfast.TestServers;
using Microsoft.Playwright;

namespace Holdfast.EndToEnd.Tests;

/// <summary>People in a real browser, who shop while instances die, and see nothing of it.</summary>
public sealed class BrowserTests(ITestOutputHelper output)
{
    private static readonly int Kills = Experiment.Count(8, 60);

    [Fact]
    [Trait("Experiment", "R17")]
    public async Task People_fill_carts_sign_in_order_and_see_their_orders_while_instances_die()
    {
        await using var topology = await Topology.StartAsync();
        await using var chromium = await Chromium.StartAsync();
        var killer = new Killer(topology, seed: Environment.ProcessId);
        var killing = killer.RunAsync(Kills);

        var people = await Task.WhenAll(ShopUntilAsync(killing, chromium, topology, "Ada"), ShopUntilAsync(killing, chromium, topology, "Grace O'Brien"));
        await killing;

        output.WriteLine($"{killer.Kills} kills, {people.Sum(static person => person.Orders)} orders, {people.Sum(static person => person.SecondLooks)} clicks looked after");
        Assert.All(people, static person => Assert.True(person.Orders > 0));
    }

    [Fact]
    public async Task Who_ends_all_other_sessions_stays_and_the_other_window_is_signed_out()
    {
        await using var shop = await ApplicationProcess.StartAsync("shop", LoneShop.Project, state: null);
        await using var chromium = await Chromium.StartAsync();
        var pages = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => chromium.OpenAsync(shop.Url)));
        foreach (var page in pages)
        {
            await page.GotoAsync("/sign-in");
            await page.GetByLabel("Your name").FillAsync("Ada");
            await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
            await Assertions.Expect(page.GetByText("Sign out")).ToBeVisibleAsync();
        }

        var own = pages[0];
        await own.GetByRole(AriaRole.Link, new() { Name = "Sessions" }).ClickAsync();
        var rows = own.GetByRole(AriaRole.Row).Filter(new() { HasText = "Chrome on Linux" });
        await Assertions.Expect(rows).ToHaveCountAsync(3);
        await Assertions.Expect(rows.Filter(new() { HasText = "this one" })).ToHaveCountAsync(1);
        await own.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Repository.Results, "sessions.png"), FullPage = true });
        await rows.Filter(new() { HasNotText = "this one" }).First.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(rows).ToHaveCountAsync(2);
        await own.GetByRole(AriaRole.Button, new() { Name = "End all others" }).ClickAsync();
        await Assertions.Expect(rows).ToHaveCountAsync(1);

        foreach (var other in pages[1..])
        {
            await other.GotoAsync("/orders");
            await Assertions.Expect(other.GetByLabel("Your name")).ToBeVisibleAsync();
        }

        await own.GetByRole(AriaRole.Button, new() { Name = "End all" }).ClickAsync();
        await Assertions.Expect(own.GetByRole(AriaRole.Link, new() { Name = "Sign in" })).ToBeVisibleAsync();
    }

    private static async Task<Person> ShopUntilAsync(Task end, Chromium chromium, Topology topology, string name)
    {
        var page = await chromium.OpenAsync(topology.Url);
        var person = new Person(page, name);
        try
        {
            for (var round = 1; round == 1 || !end.IsCompleted; round++)
            {
                await person.ShopAsync();
                if (round % 2 == 0)
                {
                    await person.SignOutAsync();
                }
            }

            return person;
        }
        catch (Exception fault)
        {
            throw new InvalidOperationException($"{name} at {page.Url}, see {await person.PictureAsync()}. The topology printed:\n{topology.Output}", fault);
        }
    }
}
