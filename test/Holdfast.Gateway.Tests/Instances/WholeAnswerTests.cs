using System.Text;
using Holdfast.Gateway.Instances;

namespace Holdfast.Gateway.Tests.Instances;

public sealed class WholeAnswerTests
{
    [Theory]
    [InlineData("HTTP/1.1 413 Content Too Large\r\n", "Content-Length: 7\r\n\r\nrefused")]
    [InlineData("HTTP/1.0 200 OK\r\n", "A: b\r\ncontent-length:0 \r\n\r\n")]
    [InlineData("HTTP/1.1 204 No Content\r\n", "\r\n")]
    [InlineData("HTTP/1.1 304 Not Modified\r\n", "Content-Length: 5000\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n", "Transfer-Encoding: Chunked\r\n\r\n7\r\nrefused\r\nA;a=b\r\n0123456789\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n", "Transfer-Encoding: chunked\r\n\r\n5\r\n0\r\n\r\n\r\n0\r\nA: b\r\n\r\n")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n", "Content-Length: 2\r\n\r\nok")]
    public void Is_one_at_its_last_byte_and_not_before(string before, string fields)
    {
        var answer = Encoding.Latin1.GetBytes(before + fields);
        for (var length = 0; length < answer.Length; length++)
        {
            Assert.False(WholeAnswer.Is(answer.AsSpan(0, length), out _, out _), $"{length} bytes are no whole answer.");
        }

        Assert.True(WholeAnswer.Is(answer, out var fieldsAt, out _));
        Assert.Equal(before.Length, fieldsAt);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 0\n\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/2 200\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nab")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: gzip\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnone\r\n0\r\n\r\n")]
    public void Is_none_where_that_is_in_doubt(string said) => Assert.False(WholeAnswer.Is(Encoding.Latin1.GetBytes(said), out _, out _));

    [Theory]
    [InlineData("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", false)]
    [InlineData("HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n", false)]
    [InlineData("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nconnection: Close\r\n\r\n", true)]
    [InlineData("HTTP/1.1 303 See Other\r\nContent-Length: 0\r\n\r\n", true)]
    [InlineData("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n", true)]
    public void Wants_no_more_where_it_is_not_well_or_ends_the_connection(string said, bool wantsNoMore)
    {
        Assert.True(WholeAnswer.Is(Encoding.Latin1.GetBytes(said), out _, out var found));
        Assert.Equal(wantsNoMore, found);
    }
}
