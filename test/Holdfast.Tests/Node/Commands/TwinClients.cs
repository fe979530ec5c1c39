namespace Holdfast.Tests.Node.Commands;

/// <summary>A connection to a node and one to a redis-server: what one is asked, the other is too.</summary>
internal sealed class TwinClients : IDisposable
{
    private readonly RawClient ours;
    private readonly RawClient theirs;

    public TwinClients(RawClient ours, RawClient theirs, int protocol)
    {
        (this.ours, this.theirs) = (ours, theirs);
        ours.Ask("HELLO", $"{protocol}");
        theirs.Ask("HELLO", $"{protocol}");
    }

    /// <summary>Empties the keys on both sides.</summary>
    public void Empty(params string[] keys)
    {
        theirs.Ask("FLUSHALL");
        ours.Ask(["DEL", .. keys]);
    }

    /// <summary>Asks both, in one go, and checks that they answer the same.</summary>
    public void AnswerAlike(IReadOnlyList<string[]> commands)
    {
        byte[] sent = [.. commands.SelectMany(static command => RawClient.Bytes(command))];
        ours.Send(sent);
        theirs.Send(sent);
        for (var i = 0; i < commands.Count; i++)
        {
            var expected = ReplyText.Of(commands[i], theirs);
            var answered = ReplyText.Of(commands[i], ours);
            Assert.True(
                ReplyText.AreAlike(commands[i][0], expected, answered),
                $"{string.Join('\n', commands.Take(i + 1).TakeLast(12).Select(Shown))}\nredis: {expected}\nnode:  {answered}");
        }
    }

    /// <summary>Reads a message or a confirmation on both sides, and checks that they are the same.</summary>
    public void HearAlike(string what)
    {
        var expected = string.Join(' ', theirs.ReadParts());
        Assert.Equal(expected, string.Join(' ', ours.ReadParts()));
        Assert.Contains(what, expected);
    }

    /// <summary>Reads so many messages, which each side tells in an order of its own.</summary>
    public void HearAlike(int count)
    {
        string[] Heard(RawClient client) => [.. Enumerable.Range(0, count).Select(_ => string.Join(' ', client.ReadParts())).Order(StringComparer.Ordinal)];
        Assert.Equal(Heard(theirs), Heard(ours));
    }

    /// <summary>Asks the node alone, which knows none of the commands.</summary>
    public void OursAreUnknown(IReadOnlyList<string[]> commands)
    {
        foreach (var command in commands)
        {
            Assert.StartsWith($"-ERR unknown command '{command[0]}', with args beginning with: '{command[1]}' ", (string)ours.Ask(command)!);
        }
    }

    public void Dispose()
    {
        ours.Dispose();
        theirs.Dispose();
    }

    private static string Shown(string[] command) => string.Join(' ', command.Select(static part => $"'{part[..Math.Min(part.Length, 40)]}'"));
}
