using System.Globalization;
using System.Text;

namespace Holdfast.Node;

/// <summary>The subcommands of CLIENT.</summary>
internal static class ClientCommands
{
    public static readonly IReadOnlyDictionary<string, CommandSpec> All = CommandTable.Subcommands(
        new("client|id", 2, static (x, _) => x.Reply.Integer(x.Session.Id)),
        new("client|getname", 2, GetName),
        new("client|setname", 3, SetName),
        new("client|setinfo", 4, SetInfo),
        new("client|tracking", -3, Tracking) { Order = CommandOrder.AfterAll },
        new("client|no-evict", 3, Switch),
        new("client|no-touch", 3, Switch),
        new("client|kill", -3, Kill),
        new("client|info", 2, static (x, _) => x.Reply.Verbatim(Line(x.Session))),
        new("client|list", -2, List));

    /// <summary>Accepts a name of visible ASCII, as Redis does, or answers why not.</summary>
    public static bool TryName(Execution x, ReadOnlySpan<byte> given, out string? name)
    {
        name = null;
        if (given.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
        {
            x.Reply.Error("ERR Client names cannot contain spaces, newlines or special characters.");
            return false;
        }

        name = Encoding.ASCII.GetString(given);
        return true;
    }

    private static void GetName(Execution x, Command command)
    {
        if (x.Session.Name.Length == 0)
        {
            x.Reply.Null();
        }
        else
        {
            x.Reply.Bulk(x.Session.Name);
        }
    }

    private static void SetName(Execution x, Command command)
    {
        if (TryName(x, command[2], out var name))
        {
            x.Session.Name = name!;
            x.Reply.Ok();
        }
    }

    private static void SetInfo(Execution x, Command command)
    {
        if (!command.Is(2, "LIB-NAME"u8) && !command.Is(2, "LIB-VER"u8))
        {
            x.Reply.Error($"ERR Unrecognized option '{command.Text(2)}'");
        }
        else if (TryName(x, command[3], out var value))
        {
            x.Session.LibraryName = command.Is(2, "LIB-NAME"u8) ? value! : x.Session.LibraryName;
            x.Session.LibraryVersion = command.Is(2, "LIB-VER"u8) ? value! : x.Session.LibraryVersion;
            x.Reply.Ok();
        }
    }

    private static void Tracking(Execution x, Command command)
    {
        var isOn = command.Is(2, "ON"u8);
        if (!isOn && !command.Is(2, "OFF"u8))
        {
            x.Reply.Error("ERR syntax error");
            return;
        }

        var isNoLoop = false;
        for (var i = 3; i < command.Count; i++)
        {
            if (!command.Is(i, "NOLOOP"u8))
            {
                x.Reply.Error($"ERR CLIENT TRACKING takes ON or OFF and NOLOOP here, not '{command.Text(i)}'");
                return;
            }

            isNoLoop = true;
        }

        if (!isOn)
        {
            x.Session.Tracked.TurnOff();
        }
        else if (x.Session.Protocol == 2)
        {
            x.Reply.Error("ERR CLIENT TRACKING needs RESP3, which has pushes: send HELLO 3 first");
            return;
        }
        else
        {
            x.Session.Tracked.TurnOn(tellsOwn: !isNoLoop);
        }

        x.Reply.Ok();
    }

    /// <summary>Nothing is evicted here, and no use is counted: both settings are as good as the other.</summary>
    private static void Switch(Execution x, Command command)
    {
        if (command.Is(2, "ON"u8) || command.Is(2, "OFF"u8))
        {
            x.Reply.Ok();
        }
        else
        {
            x.Reply.Error("ERR syntax error");
        }
    }

    /// <summary>What the killed client has sent and was not begun is not done: who repeats it on another connection is alone.</summary>
    private static void Kill(Execution x, Command command)
    {
        if (command.Count != 4 || !command.Is(2, "ID"u8))
        {
            x.Reply.Error("ERR CLIENT KILL takes ID and a client's id here");
        }
        else if (!Number.TryParse(command[3], out var id) || id < 1)
        {
            x.Reply.Error("ERR client-id should be greater than 0");
        }
        else
        {
            x.Reply.Integer(x.Node.Kill(id) ? 1 : 0);
        }
    }

    private static void List(Execution x, Command command)
    {
        if (command.Count > 2)
        {
            x.Reply.Error("ERR CLIENT LIST takes no arguments here");
            return;
        }

        var lines = new StringBuilder();
        foreach (var session in x.Node.Sessions)
        {
            lines.Append(Line(session));
        }

        x.Reply.Verbatim(lines.ToString());
    }

    private static string Line(Session session)
    {
        var age = (long)session.Node.Clock.GetElapsedTime(session.ConnectedAt).TotalSeconds;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"id={session.Id} name={session.Name} age={age} db=0 sub={session.Channels.Count} psub={session.Patterns.Count} resp={session.Protocol} "
            + $"tracking={(session.Tracked.IsOn ? "on" : "off")} tracked-keys={session.Tracked.Count} "
            + $"lib-name={session.LibraryName} lib-ver={session.LibraryVersion}\n");
    }
}
