using Holdfast.Gateway.Overload;

namespace Holdfast.Gateway.Tests.Overload;

/// <summary>The limit by itself, at services whose every answer takes exactly as long as their shape says.</summary>
public sealed class ConcurrencyLimitTests
{
    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    [InlineData(1000)]
    public void It_finds_about_as_many_as_a_service_can_do_at_once(int atOnce) =>
        Assert.InRange(After(300, new ConcurrencyLimit(1), Doing(atOnce, seconds: 0.02)).Value, atOnce * 0.8, atOnce * 1.6);

    [Fact]
    public void What_waits_by_nature_is_not_held_back()
    {
        // Long polling: each takes ten seconds, however many there are.
        var limit = After(100, new ConcurrencyLimit(1), static count => (count / 10.0, 10));

        Assert.InRange(limit.Value, 1000, ConcurrencyLimit.MostPerInstance);
    }

    [Theory]
    [InlineData(50, 10, 0.02)]
    [InlineData(50, 10, 0.002)]
    [InlineData(10, 50, 0.2)]
    [InlineData(20, 20, 0.2)]
    public void A_service_that_has_changed_is_found_again(int atOnceBefore, int atOnce, double seconds)
    {
        var limit = After(300, new ConcurrencyLimit(1), Doing(atOnceBefore, seconds: 0.02));

        Assert.InRange(After(300, limit, Doing(atOnce, seconds)).Value, atOnce * 0.8, atOnce * 1.6);
    }

    [Fact]
    public void What_is_known_of_one_instance_holds_for_more_and_for_fewer()
    {
        var limit = After(300, new ConcurrencyLimit(1), Doing(100, seconds: 0.02));
        var one = limit.Value;

        limit.Scale(3);
        Assert.InRange(limit.Value, one * 2.9, one * 3.1);
        Assert.InRange(After(50, limit, Doing(300, seconds: 0.02)).Value, 240, 450);
        limit.Scale(1);
        Assert.InRange(limit.Value, 80, 150);
    }

    [Fact]
    public void While_nothing_waits_it_stays_near_to_what_is_used()
    {
        var limit = new ConcurrencyLimit(1);
        for (var span = 0; span < 300; span++)
        {
            Answer(limit, 200, 0.02);
            limit.Step(wasShort: false, 1000);
        }

        Assert.InRange(limit.Value, 150, 300);
    }

    /// <summary>A service that does so many at once; what is beyond waits inside it.</summary>
    private static Func<int, (double PerSecond, double Seconds)> Doing(int atOnce, double seconds) =>
        count => (Math.Min(count, atOnce) / seconds, seconds * Math.Max(1, (double)count / atOnce));

    /// <summary>The limit after so many spans of overload, and a few more, so that it is one in which the limit is whole.</summary>
    private static ConcurrencyLimit After(int spans, ConcurrencyLimit limit, Func<int, (double PerSecond, double Seconds)> service)
    {
        for (var span = 0; span < spans / 3 * 3; span++)
        {
            var (perSecond, seconds) = service(limit.Value);
            Answer(limit, limit.Value, seconds);
            limit.Step(wasShort: true, perSecond);
        }

        return limit;
    }

    private static void Answer(ConcurrencyLimit limit, int inside, double seconds)
    {
        for (var i = 0; i < 20; i++)
        {
            limit.Add(inside, TimeSpan.FromSeconds(seconds));
        }
    }
}
