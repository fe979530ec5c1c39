using Holdfast.EndToEnd.Tests.People;
using Holdfast.EndToEnd.Tests.Processes;
using Holdfast.TestServers;

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
