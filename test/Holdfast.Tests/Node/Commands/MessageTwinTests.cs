namespace Holdfast.Tests.Node.Commands;

/// <summary>Channels and patterns, as a real redis-server has them.</summary>
public sealed class MessageTwinTests(Twins twins) : IClassFixture<Twins>
{
    private static readonly string Binary = new([.. Enumerable.Range(0, 150).Select(static code => (char)(code + 106))]);

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Messages_of_channels_and_patterns_are_told_alike(int protocol)
    {
        using var listener = twins.Connect(protocol);
        using var sender = twins.Connect(protocol);
        sender.AnswerAlike([["PUBLISH", "news", "nobody"]]);
        listener.AnswerAlike([["SUBSCRIBE", "news"], ["PSUBSCRIBE", "n?ws"], ["PSUBSCRIBE", "news"], ["SUBSCRIBE", Binary]]);
        sender.AnswerAlike([["PUBLISH", "news", "one"]]);
        listener.HearAlike("message");
        listener.HearAlike(2);
        sender.AnswerAlike([["PUBLISH", Binary, Binary], ["PUBLISH", "nows", "two"], ["PUBLISH", "other", "none"]]);
        listener.HearAlike(Binary);
        listener.HearAlike("pmessage");
        listener.AnswerAlike([["PUNSUBSCRIBE", "n?ws"], ["UNSUBSCRIBE", "never"], ["PUNSUBSCRIBE", "never"], ["PING"], ["PING", "x"], ["UNSUBSCRIBE", "news"], ["UNSUBSCRIBE", Binary]]);
        sender.AnswerAlike([["PUBLISH", "news", "three"]]);
        listener.HearAlike("three");
        listener.AnswerAlike([["PUNSUBSCRIBE"], ["PUNSUBSCRIBE"], ["UNSUBSCRIBE"], ["PING"], ["GET", "nothing"], ["SUBSCRIBE"], ["PSUBSCRIBE"], ["PUBLISH", "a"]]);
    }

    [Fact]
    public void Who_listens_in_RESP2_may_do_little_else()
    {
        using var listener = twins.Connect(2);
        listener.AnswerAlike([["PSUBSCRIBE", "a*"], ["GET", "k"], ["SET", "k", "v"], ["PUBLISH", "abc", "x"], ["DEL", "k"], ["RESET"], ["GET", "nothing"]]);
    }

    [Fact]
    public void Who_listens_in_RESP3_may_do_everything()
    {
        using var listener = twins.Connect(3);
        listener.AnswerAlike([["SUBSCRIBE", "abc"], ["GET", "nothing"], ["SET", "k", "v"], ["DEL", "k"]]);
        using var sender = twins.Connect(3);
        sender.AnswerAlike([["PUBLISH", "abc", "x"]]);
        listener.HearAlike("x");
    }
}
