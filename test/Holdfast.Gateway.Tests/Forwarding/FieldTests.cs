using System.Text;
using Holdfast.Gateway.Tests.Attacks;

namespace Holdfast.Gateway.Tests.Forwarding;

/// <summary>Fields of requests and answers that are rare.</summary>
public sealed class FieldTests
{
    /// <summary>Two bytes in UTF-8, each of them a letter of ISO-8859-1.</summary>
    private static readonly string Umlaut = Encoding.Latin1.GetString("ä"u8);

    [Fact]
    public async Task A_requests_bytes_beyond_ASCII_arrive_as_they_are()
    {
        await using var rig = await Rig.StartAsync(instances: 0);
        await using var instance = await RawInstance.JoinAsync(rig);

        Assert.Equal("200", await RawExchange.StatusAsync(rig.Address, $"GET / HTTP/1.1\r\nHost: a\r\nCookie: name={Umlaut}\r\nX-Latin: \u00FC\r\n\r\n"));

        var head = Assert.Single(instance.Heads);
        Assert.Contains($"\r\nCookie: name={Umlaut}\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Latin: \u00FC\r\n", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answers_bytes_beyond_ASCII_arrive_as_they_are()
    {
        var field = $"Content-Disposition: attachment; filename=\"{Umlaut}\u00FC.pdf\"\r\n";
        await using var rig = await Rig.StartAsync(instances: 0);
        await using var instance = await RawInstance.JoinAsync(rig, RawInstance.Good.Replace("Connection", $"{field}Connection", StringComparison.Ordinal));

        var answer = await RawExchange.AllAsync(rig.Address, "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Contains($"\r\n{field}", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_with_a_field_that_can_not_be_passed_on_is_an_instances_failure()
    {
        await using var rig = await Rig.StartAsync(instances: 0);
        await using var instance = await RawInstance.JoinAsync(rig, RawInstance.Good.Replace("Connection", "X: a\u0001b\r\nConnection", StringComparison.Ordinal));

        Assert.Equal("502", await RawExchange.StatusAsync(rig.Address, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    }

    [Fact]
    public async Task The_Connection_field_takes_away_no_key()
    {
        await using var rig = await Rig.StartAsync(instances: 0);
        await using var instance = await RawInstance.JoinAsync(rig);

        await RawExchange.StatusAsync(
            rig.Address, "POST / HTTP/1.1\r\nHost: a\r\nConnection: Idempotency-Key, X-Hop\r\nX-Hop: 1\r\nIdempotency-Key: \"mine\"\r\nContent-Length: 0\r\n\r\n");

        var head = Assert.Single(instance.Heads);
        Assert.Contains("\r\nIdempotency-Key: \"mine\"", head, StringComparison.Ordinal);
        Assert.DoesNotContain("X-Hop", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_304_may_tell_the_length_of_what_it_does_not_carry()
    {
        await using var rig = await Rig.StartAsync(instances: 0);
        await using var instance = await RawInstance.JoinAsync(rig, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5000\r\nETag: \"1\"\r\nConnection: close\r\n\r\n");

        var answers = await RawExchange.AllAsync(
            rig.Address, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        Assert.Equal(2, answers.Split("HTTP/1.1 304 ").Length - 1);
    }

    [Fact]
    public async Task A_request_of_HTTP_1_that_calls_itself_gRPC_is_one_of_HTTP_1()
    {
        await using var rig = await Rig.StartAsync(instances: 0);
        await using var instance = await RawInstance.JoinAsync(rig);

        Assert.Equal("200", await RawExchange.StatusAsync(rig.Address, "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nContent-Length: 0\r\n\r\n"));
    }
}
