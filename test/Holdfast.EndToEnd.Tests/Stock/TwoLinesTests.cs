using System.Reflection;

namespace Holdfast.EndToEnd.Tests.Stock;

/// <summary>On the one instance that it was written for, the application passes its tests.</summary>
public sealed class StockApplicationTests(OneStockInstance site) : ApplicationTests(site), IClassFixture<OneStockInstance>;

/// <summary>With the two lines it passes them while every request goes to another instance, and whoever answers a POST is killed.</summary>
public abstract class TwoLinesTests(Site site) : ApplicationTests(site)
{
    [Fact]
    public async Task Each_instance_that_answers_a_POST_is_killed_and_the_application_does_not_notice()
    {
        var before = Site.Kills;
        using var browser = Site.Visit();
        for (var i = 1; i <= 4; i++)
        {
            await browser.SubmitAsync(await browser.OpenAsync("/Route"), "route", ("From", "Kiel"), ("To", $"harbour {i}"));
            Assert.Equal($"Kiel to harbour {i}", (await browser.OpenAsync("/")).Text("draft"));
            Assert.Equal(before + i, Site.Kills);
        }
    }
}

public sealed class TwoLinesOnNodeTests(StatelessOnNode site) : TwoLinesTests(site), IClassFixture<StatelessOnNode>;

public sealed class TwoLinesOnRedisTests(StatelessOnRedis site) : TwoLinesTests(site), IClassFixture<StatelessOnRedis>;

/// <summary>Without the two lines, each of the tests finds out that there is more than one instance.</summary>
public sealed class WithoutTheTwoLinesTests(ThreeStockInstances site) : IClassFixture<ThreeStockInstances>
{
    public static IEnumerable<TheoryDataRow<string>> Tests =>
        typeof(ApplicationTests).GetMethods().Where(static method => method.GetCustomAttribute<FactAttribute>() is not null)
            .Select(static method => new TheoryDataRow<string>(method.Name));

    [Theory]
    [MemberData(nameof(Tests))]
    public async Task The_test_fails(string test)
    {
        using var tests = new ScatteredTests(site);
        await Assert.ThrowsAnyAsync<Exception>(() => (Task)typeof(ApplicationTests).GetMethod(test)!.Invoke(tests, null)!);
    }

    private sealed class ScatteredTests(Site site) : ApplicationTests(site);
}
