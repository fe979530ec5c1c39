using Holdfast.Cli.Logs;

namespace Holdfast.Cli.Tests.Logs;

public sealed class FooterTests
{
    [Fact]
    public void What_is_shown_is_taken_away_by_as_many_rows_as_it_takes_in_the_terminal_as_it_is()
    {
        var width = 10;
        var footer = new Footer(() => width);
        Assert.Equal("", footer.Erase());
        Assert.Equal("\e[31m123456789\e[0m\nab\n", footer.Draw(["\e[31m123456789\e[0m", "ab"]));
        Assert.Equal("\e[2A\r\e[J", footer.Erase());
        Assert.Equal("", footer.Erase());
        footer.Draw(["\e[31m123456789\e[0m", "ab", ""]);
        width = 4;
        Assert.Equal("\e[5A\r\e[J", footer.Erase());
    }
}
