using System.Text;

namespace Holdfast.Tests.Records;

public sealed class CounterTests
{
    [Theory]
    [InlineData("0", 0L)]
    [InlineData("-1", -1L)]
    [InlineData("9007199254740991", Counter.Maximum)]
    [InlineData("-9007199254740991", Counter.Minimum)]
    public void A_counter_reads_what_it_wrote(string text, long value)
    {
        Assert.True(Counter.TryParse(Encoding.ASCII.GetBytes(text), out var parsed));
        Assert.Equal(value, parsed);
        Assert.Equal(text, Encoding.ASCII.GetString(Counter.Format(value)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("+1")]
    [InlineData("01")]
    [InlineData("-0")]
    [InlineData("-01")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1.0")]
    [InlineData("1e3")]
    [InlineData("9007199254740992")]
    [InlineData("99999999999999999999")]
    public void Anything_else_is_no_counter(string text) =>
        Assert.False(Counter.TryParse(Encoding.ASCII.GetBytes(text), out _));
}
