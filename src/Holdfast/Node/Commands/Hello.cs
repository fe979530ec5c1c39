namespace Holdfast.Node;

/// <summary><c>HELLO [protover [AUTH user password] [SETNAME name]]</c>: who speaks to whom, and in which protocol.</summary>
internal static class Hello
{
    public static void Run(Execution x, Command command)
    {
        var protocol = (long)x.Session.Protocol;
        if (command.Count > 1 && !Number.TryParse(command[1], out protocol))
        {
            x.Reply.Error("ERR Protocol version is not an integer or out of range");
            return;
        }

        if (protocol is < 2 or > 3)
        {
            x.Reply.Error("NOPROTO unsupported protocol version");
            return;
        }

        if (!TryOptions(x, command, out var name))
        {
            return;
        }

        if (!x.Session.IsAuthenticated)
        {
            x.Reply.Error(
                "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> "
                + "option can be used to authenticate the client and select the RESP protocol version at the same time");
            return;
        }

        x.Session.Name = name ?? x.Session.Name;
        Speak(x, (int)protocol);
        Write(x);
    }

    private static bool TryOptions(Execution x, Command command, out string? name)
    {
        name = null;
        for (var i = 2; i < command.Count; i++)
        {
            if (command.Is(i, "AUTH"u8) && i + 2 < command.Count)
            {
                if (!x.Node.Password.Admits(command[i + 1], command[i + 2]))
                {
                    x.Reply.Error(NodePassword.Refusal);
                    return false;
                }

                x.Session.IsAuthenticated = true;
                i += 2;
            }
            else if (command.Is(i, "SETNAME"u8) && i + 1 < command.Count)
            {
                if (!ClientCommands.TryName(x, command[++i], out name))
                {
                    return false;
                }
            }
            else
            {
                x.Reply.Error($"ERR Syntax error in HELLO option '{command.Text(i)}'");
                return false;
            }
        }

        return true;
    }

    private static void Speak(Execution x, int protocol)
    {
        if (protocol == 2 && x.Session.Tracked.IsOn)
        {
            x.Session.Tracked.TurnOff();
        }

        x.Session.Protocol = protocol;
        x.Reply.Protocol = protocol;
    }

    private static void Write(Execution x)
    {
        x.Reply.Map(7);
        x.Reply.Bulk("server"u8);
        x.Reply.Bulk("holdfast"u8);
        x.Reply.Bulk("version"u8);
        x.Reply.Bulk(StateNode.Version);
        x.Reply.Bulk("proto"u8);
        x.Reply.Integer(x.Session.Protocol);
        x.Reply.Bulk("id"u8);
        x.Reply.Integer(x.Session.Id);
        x.Reply.Bulk("mode"u8);
        x.Reply.Bulk("standalone"u8);
        x.Reply.Bulk("role"u8);
        x.Reply.Bulk("master"u8);
        x.Reply.Bulk("modules"u8);
        x.Reply.Array(0);
    }
}
