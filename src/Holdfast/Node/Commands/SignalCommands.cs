namespace Holdfast.Node;

/// <summary>
/// PUBLISH, SUBSCRIBE, PSUBSCRIBE and their ends: signals between connections, and between them and the process that
/// hosts the engine.
/// </summary>
internal static class SignalCommands
{
    private const int MaxSubscriptionsPerClient = 10_000;

    /// <summary>A pattern is kept ready to be matched, which takes up to 8 KB.</summary>
    private const int MaxPatternsPerClient = 1000;

    private static readonly int MaxNameBytes = StateLimits.MaxChannelBytes + ChannelName.SignalPrefix.Length;

    public static readonly CommandSpec[] All =
    [
        new("publish", 3, Publish),
        new("subscribe", -2, static (x, command) => Subscribe(x, command, isPattern: false)) { IsForSubscribers = true },
        new("unsubscribe", -1, static (x, command) => Unsubscribe(x, command, isPattern: false)) { IsForSubscribers = true },
        new("psubscribe", -2, static (x, command) => Subscribe(x, command, isPattern: true)) { IsForSubscribers = true },
        new("punsubscribe", -1, static (x, command) => Unsubscribe(x, command, isPattern: true)) { IsForSubscribers = true },
    ];

    private static void Publish(Execution x, Command command)
    {
        if (command[1].Length > MaxNameBytes)
        {
            RefuseName(x);
        }
        else if (command[2].Length > StateLimits.MaxSignalBytes)
        {
            x.Reply.Error($"HFLIMIT a signal has at most {StateLimits.MaxSignalBytes} bytes, not {command[2].Length}");
        }
        else
        {
            x.Reply.Integer(x.Node.Publish(new ChannelName(command[1]), command[2]));
        }
    }

    private static void Subscribe(Execution x, Command command, bool isPattern)
    {
        var session = x.Session;
        for (var i = 1; i < command.Count; i++)
        {
            if (command[i].Length > MaxNameBytes)
            {
                RefuseName(x);
                return;
            }

            if (session.Subscriptions >= MaxSubscriptionsPerClient)
            {
                x.Reply.Error($"HFLIMIT a client listens to at most {MaxSubscriptionsPerClient} channels and patterns");
                return;
            }

            if (isPattern && session.Patterns.Count >= MaxPatternsPerClient)
            {
                x.Reply.Error($"HFLIMIT a client listens to at most {MaxPatternsPerClient} patterns");
                return;
            }

            var name = new ChannelName(command[i]);
            if (isPattern)
            {
                session.Patterns.Add(name);
                x.Node.Channels.EnterPattern(session, name, () => Confirm(x, "psubscribe"u8, name));
            }
            else
            {
                session.Channels.Add(name);
                x.Node.Channels.Enter(session, name, () => Confirm(x, "subscribe"u8, name));
            }
        }
    }

    private static void Unsubscribe(Execution x, Command command, bool isPattern)
    {
        var all = isPattern ? x.Session.Patterns : x.Session.Channels;
        var what = isPattern ? "punsubscribe"u8 : "unsubscribe"u8;
        List<ChannelName> names = [.. all];
        if (command.Count > 1)
        {
            names = [.. Enumerable.Range(1, command.Count - 1).Select(i => new ChannelName(command[i]))];
        }

        foreach (var name in names)
        {
            all.Remove(name);
            if (isPattern)
            {
                x.Node.Channels.LeavePattern(x.Session, name);
            }
            else
            {
                x.Node.Channels.Leave(x.Session, name);
            }

            Confirm(x, what, name);
        }

        if (names.Count == 0)
        {
            Confirm(x, what, null);
        }
    }

    /// <summary>Each confirmation goes out at once, as the first message may follow it before the command has ended.</summary>
    private static void Confirm(Execution x, ReadOnlySpan<byte> what, ChannelName? name)
    {
        x.Reply.Push(3);
        x.Reply.Bulk(what);
        if (name is { } given)
        {
            x.Reply.Bulk(given.Bytes);
        }
        else
        {
            x.Reply.Null();
        }

        x.Reply.Integer(x.Session.Subscriptions);
        x.Session.Output.Append(x.Reply.Written);
        x.Reply.Clear();
    }

    private static void RefuseName(Execution x) =>
        x.Reply.Error($"HFLIMIT a channel's name has at most {StateLimits.MaxChannelBytes} bytes after '{ChannelName.SignalPrefix}', and a pattern {MaxNameBytes}");
}
