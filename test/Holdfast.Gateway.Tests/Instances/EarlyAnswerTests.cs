using System.Text;
using Holdfast.Gateway.Instances;

namespace Holdfast.Gateway.Tests.Instances;

public sealed class EarlyAnswerTests
{
    /// <summary>The HTTP client would give the connection, which was given up, to the next request.</summary>
    [Theory]
    [InlineData("HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok", false)]
    [InlineData("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nok", true)]
    public void A_whole_one_says_that_the_connection_ends_however_it_has_ended(string said, bool isLast)
    {
        var answer = EarlyAnswer.Begin();
        var bytes = Encoding.Latin1.GetBytes(said);
        Assert.Equal(isLast, answer.Hear(answer.Keep(bytes)));
        Assert.True(isLast || answer.Hear(bytes: 0));
        answer.Finish();

        var taken = new byte[1000];
        var text = Encoding.Latin1.GetString(taken, 0, answer.Take(taken));
        Assert.Contains("\r\nConnection: close\r\n", text, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nok", text, StringComparison.Ordinal);
    }
}
