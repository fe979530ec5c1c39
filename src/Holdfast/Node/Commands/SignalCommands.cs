namespace Holdfast.Node;

/// <summary>PUBLISH, SUBSCRIBE and UNSUBSCRIBE: signals between connections, and between them and the process that hosts the engine.</summary>
internal static class SignalCommands
{
    private const int MaxChannelsPerClient = 10_000;

    public static readonly CommandSpec[] All =
    [
        new("publish", 3, Publish),
        new("subscribe", -2, Subscribe) { IsForSubscribers = true },
        new("unsubscribe", -1, Unsubscribe) { IsForSubscribers = true },
    ];

    private static void Publish(Execution x, Command command)
    {
        var channel = command.Text(1);
        if (!IsChannel(x, command[1]))
        {
            return;
        }

        if (command[2].Length > StateLimits.MaxSignalBytes)
        {
            x.Reply.Error($"HFLIMIT a signal has at most {StateLimits.MaxSignalBytes} bytes, not {command[2].Length}");
            return;
        }

        x.Reply.Integer(x.Node.Publish(channel, command[2]));
    }

    private static void Subscribe(Execution x, Command command)
    {
        for (var i = 1; i < command.Count; i++)
        {
            var channel = command.Text(i);
            if (!IsChannel(x, command[i]))
            {
                return;
            }

            if (x.Session.Channels.Count >= MaxChannelsPerClient)
            {
                x.Reply.Error($"HFLIMIT a client listens to at most {MaxChannelsPerClient} channels");
                return;
            }

            x.Session.Channels.Add(channel);
            x.Node.Channels.Enter(x.Session, channel, () => Confirm(x, "subscribe"u8, channel));
        }
    }

    private static void Unsubscribe(Execution x, Command command)
    {
        var channels = command.Count > 1
            ? Enumerable.Range(1, command.Count - 1).Select(command.Text).ToList()
            : [.. x.Session.Channels];
        foreach (var channel in channels)
        {
            x.Session.Channels.Remove(channel);
            x.Node.Channels.Leave(x.Session, channel);
            Confirm(x, "unsubscribe"u8, channel);
        }

        if (channels.Count == 0)
        {
            Confirm(x, "unsubscribe"u8, null);
        }
    }

    /// <summary>Each confirmation goes out at once, as the first message may follow it before the command has ended.</summary>
    private static void Confirm(Execution x, ReadOnlySpan<byte> what, string? channel)
    {
        x.Reply.Push(3);
        x.Reply.Bulk(what);
        if (channel is null)
        {
            x.Reply.Null();
        }
        else
        {
            x.Reply.Bulk(channel);
        }

        x.Reply.Integer(x.Session.Channels.Count);
        x.Session.Output.Append(x.Reply.Written);
        x.Reply.Clear();
    }

    private static bool IsChannel(Execution x, ReadOnlySpan<byte> channel)
    {
        if (channel.Length is > 0 and <= StateLimits.MaxChannelBytes + 10)
        {
            return true;
        }

        x.Reply.Error($"HFLIMIT a channel's name has 1 to {StateLimits.MaxChannelBytes} bytes after '{ChannelTable.SignalPrefix}'");
        return false;
    }
}
