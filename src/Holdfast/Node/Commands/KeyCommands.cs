namespace Holdfast.Node;

/// <summary>The commands on keys, whatever they hold: are they there, until when, and away with them.</summary>
internal static class KeyCommands
{
    public static readonly CommandSpec[] All =
    [
        CommandSpec.OfKey("type", 2, static (x, command) => x.Reply.Simple(StoredKey.ReadFirst(x).Type)),
        CommandSpec.OfKey("pttl", 2, static (x, command) => x.Reply.Integer(StoredKey.ReadFirst(x).MillisecondsLeft(x.Node.Clock))),
        CommandSpec.OfKey("ttl", 2, static (x, command) => x.Reply.Integer(InSeconds(StoredKey.ReadFirst(x).MillisecondsLeft(x.Node.Clock)))),
        CommandSpec.OfKey("pexpiretime", 2, static (x, command) => x.Reply.Integer(ExpiryTime(x, command))),
        CommandSpec.OfKey("expiretime", 2, static (x, command) => x.Reply.Integer(InSeconds(ExpiryTime(x, command)))),
        new("exists", -2, CountThose) { Order = CommandOrder.InLane, Keys = KeyPositions.All },
        new("touch", -2, CountThose) { Order = CommandOrder.InLane, Keys = KeyPositions.All },
        new("scan", -2, ScanCommand.Run) { Order = CommandOrder.AfterAll },
        new("dbsize", 1, static (x, _) => x.Reply.Integer(x.Node.Engine.CountRecords())) { Order = CommandOrder.AfterAll },
        new("del", -2, CommandSpec.Nothing) { Order = CommandOrder.InLane, Keys = KeyPositions.All, Start = RemoveAsync, IsWrite = true },
        new("unlink", -2, CommandSpec.Nothing) { Order = CommandOrder.InLane, Keys = KeyPositions.All, Start = RemoveAsync, IsWrite = true },
        CommandSpec.OfKeyWrite("expire", -3, static pending => ExpireAsync(pending, ExpiryArgument.Seconds)),
        CommandSpec.OfKeyWrite("pexpire", -3, static pending => ExpireAsync(pending, ExpiryArgument.Milliseconds)),
        CommandSpec.OfKeyWrite("expireat", -3, static pending => ExpireAsync(pending, ExpiryArgument.SecondsSince1970)),
        CommandSpec.OfKeyWrite("pexpireat", -3, static pending => ExpireAsync(pending, ExpiryArgument.MillisecondsSince1970)),
        CommandSpec.OfKeyWrite("persist", 2, static pending => KeyCommit.MakeAsync(pending, new KeyExpiry(pending.Key(), pending.Session.Node.Clock) { Left = null })),
    ];

    private static long InSeconds(long milliseconds) => milliseconds < 0 ? milliseconds : (milliseconds + 500) / 1000;

    private static long ExpiryTime(Execution x, Command command)
    {
        var left = StoredKey.ReadFirst(x).MillisecondsLeft(x.Node.Clock);
        return left < 0 ? left : x.Node.Clock.GetUtcNow().ToUnixTimeMilliseconds() + left;
    }

    private static void CountThose(Execution x, Command command)
    {
        var count = 0;
        for (var i = 1; i < command.Count; i++)
        {
            count += StoredKey.Read(x, command[i]).Exists ? 1 : 0;
        }

        x.Reply.Integer(count);
    }

    private static async ValueTask RemoveAsync(PendingCommit pending)
    {
        var removals = new Dictionary<Address, KeyRemoval>(pending.Command.Count);
        for (var i = 1; i < pending.Command.Count; i++)
        {
            var key = pending.Key(i);
            removals[key.Address] = new KeyRemoval(key);
        }

        await KeyCommit.MakeAsync(pending, [.. removals.Values]).ConfigureAwait(false);
        pending.Reply.Integer(removals.Values.Count(static removal => removal.WasThere));
    }

    private static ValueTask ExpireAsync(PendingCommit pending, ExpiryArgument argument)
    {
        var command = pending.Command;
        bool none = false, any = false, later = false, sooner = false;
        for (var i = 3; i < command.Count; i++)
        {
            none |= command.Is(i, "NX"u8);
            any |= command.Is(i, "XX"u8);
            later |= command.Is(i, "GT"u8);
            sooner |= command.Is(i, "LT"u8);
            if (!command.Is(i, "NX"u8) && !command.Is(i, "XX"u8) && !command.Is(i, "GT"u8) && !command.Is(i, "LT"u8))
            {
                return pending.Refuse($"ERR Unsupported option {CommandTable.Cut(command[i], 128)}");
            }
        }

        if (none && (any || later || sooner))
        {
            return pending.Refuse("ERR NX and XX, GT or LT options at the same time are not compatible");
        }

        if (later && sooner)
        {
            return pending.Refuse("ERR GT and LT options at the same time are not compatible");
        }

        var clock = pending.Session.Node.Clock;
        return argument.TryRead(command[2], mayBeOver: true, pending.Spec.Name, clock, out var left, out var error)
            ? KeyCommit.MakeAsync(pending, new KeyExpiry(pending.Key(), clock)
            {
                Left = left, OnlyIfNone = none, OnlyIfAny = any, OnlyIfLater = later, OnlyIfSooner = sooner,
            })
            : pending.Refuse(error);
    }
}
