using System.Text;
using Holdfast.Node;

namespace Holdfast.Tests.Node;

/// <summary>How commands are read ahead of their turn. That they are the same however they arrive, <see cref="RespFuzzTests"/> sees to.</summary>
public sealed class SessionInputTests
{
    private static readonly string[][] Commands =
        [.. Enumerable.Range(0, 2 * SessionInput.MaxAhead + 3).Select(static i => i % 7 == 3 ? [] : new[] { "SET", $"key-{i}", new string((char)('a' + (i % 26)), i * i) })];

    private static readonly byte[] Bytes = [.. Commands.SelectMany(static command => RawClient.Bytes(command))];

    [Fact]
    public void As_many_are_read_ahead_as_have_come_and_no_more_than_the_most()
    {
        var input = new SessionInput();
        Receive(input, Bytes);
        for (var i = 0; i < Commands.Length; i++)
        {
            Assert.Equal(ParseOutcome.Complete, input.Next(CommandLimits.Authenticated, out var isRead));
            Assert.Equal(i % SessionInput.MaxAhead, input.Turn);
            Assert.Equal(input.Turn == 0, isRead);
            Assert.Equal(Math.Min(SessionInput.MaxAhead - input.Turn, Commands.Length - i), input.Ahead);
            for (var behind = 0; behind < input.Ahead; behind++)
            {
                Assert.Equal(string.Join(' ', Commands[i + behind]), Text(input[behind]));
            }

            input.Skip();
        }
    }

    [Fact]
    public void What_was_read_ahead_is_read_again_for_a_stranger()
    {
        var input = new SessionInput();
        Receive(input, RawClient.Bytes("RESET"));
        Receive(input, RawClient.Bytes([.. Enumerable.Repeat("a", 11)]));
        Assert.Equal(ParseOutcome.Complete, input.Next(CommandLimits.Authenticated, out _));
        Assert.Equal(2, input.Ahead);
        input.Skip();
        Assert.Equal(ParseOutcome.Failed, input.Next(CommandLimits.Unauthenticated, out _));
        Assert.Contains("unauthenticated", input.Problem, StringComparison.Ordinal);
    }

    private static void Receive(SessionInput input, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var room = input.Room().Span;
            var count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            input.Received(count);
            bytes = bytes[count..];
        }
    }

    private static string Text(Command command)
    {
        var text = new StringBuilder();
        for (var i = 0; i < command.Count; i++)
        {
            text.Append(i == 0 ? "" : " ").Append(command.Text(i));
        }

        return text.ToString();
    }
}
