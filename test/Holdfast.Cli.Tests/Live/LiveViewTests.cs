using Holdfast.Cli.Live;

namespace Holdfast.Cli.Tests.Live;

public sealed class LiveViewTests
{
    private static readonly LiveRow[] Rows =
    [
        new("gateway", "2/2 ready") { IsSum = true, Note = "http://127.0.0.1:8080" },
        new("shop", "1/2 ready") { IsSum = true, Requests = 1234.5, Failures = 0.25, Slowest = TimeSpan.FromMilliseconds(8.15), InFlight = 3 },
        new("  shop-1", "ready") { Requests = 1234.5, Failures = 0, Slowest = TimeSpan.FromSeconds(2.04), InFlight = 3, Note = "http://127.0.0.1:20001" },
        new("  shop-2", "failed") { IsTrouble = true, Note = "is in a crash loop: it failed 5 times in a row" },
    ];

    [Fact]
    public void A_table_tells_of_each_instance_and_is_no_wider_than_the_terminal()
    {
        Assert.Equal(
            [
                new string('─', 79),
                "NAME      STATE      REQ/S  ERR/S     P99  NOW",
                "gateway   2/2 ready                             http://127.0.0.1:8080",
                "shop      1/2 ready  1,235    0.3  8.2 ms    3",
                "  shop-1  ready      1,235      0   2.0 s    3  http://127.0.0.1:20001",
                "  shop-2  failed                                is in a crash loop: it failed …",
            ],
            LiveView.Render(Rows, width: 80, height: 24, isColoured: false));
        Assert.All(LiveView.Render(Rows, width: 40, height: 24, isColoured: false), static line => Assert.True(line.Length < 40, line));
        Assert.EndsWith("it failed 5 times in a row", LiveView.Render(Rows, width: 160, height: 24, isColoured: false)[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Trouble_is_red()
    {
        var lines = LiveView.Render(Rows, width: 80, height: 24, isColoured: true);
        Assert.StartsWith("\e[31m  shop-2", lines[^1], StringComparison.Ordinal);
        Assert.DoesNotContain('\e', lines[^2]);
    }

    [Fact]
    public void A_low_terminal_shows_sums_and_trouble_and_a_tiny_one_nothing()
    {
        Assert.Equal(["gateway", "shop", "shop-2"], LiveView.Render(Rows, width: 80, height: 10, isColoured: false).Skip(2).Select(static line => line.Trim().Split(' ')[0]));
        Assert.Empty(LiveView.Render(Rows, width: 80, height: 5, isColoured: false));
        Assert.Empty(LiveView.Render(Rows, width: 10, height: 50, isColoured: false));
    }
}
