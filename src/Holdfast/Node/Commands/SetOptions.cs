namespace Holdfast.Node;

/// <summary>The options of SET and GETEX, in any order.</summary>
internal struct SetOptions
{
    private bool onlyIfAbsent;
    private bool onlyIfThere;
    private bool getsOld;
    private bool keepsExpiry;
    private bool persists;
    private ExpiryArgument? expiry;
    private int expiryAt;

    /// <summary>SET.</summary>
    public static ValueTask StartAsync(PendingCommit pending)
    {
        var command = pending.Command;
        var options = default(SetOptions);
        if (!options.TryRead(command, 3, isSet: true))
        {
            return pending.Refuse(RedisErrors.Syntax);
        }

        long? milliseconds = null;
        if (options.expiry is { } expiry)
        {
            if (!expiry.TryRead(command[options.expiryAt], mayBeOver: false, "set", pending.Session.Node.Clock, out var left, out var error))
            {
                return pending.Refuse(error);
            }

            milliseconds = left;
        }

        // A time that is over removes the key.
        if (options.AreSimple && (milliseconds is null or > 0) && KeyCommit.TrySet(pending, command[2], StringSet.ExpiryOf(milliseconds, options.keepsExpiry), out var made))
        {
            return made;
        }

        return KeyCommit.MakeAsync(pending, new StringSet(pending.Key(), command.Memory(2))
        {
            Tells = options.getsOld ? StringSet.Telling.Old : StringSet.Telling.Ok,
            OnlyIfAbsent = options.onlyIfAbsent,
            OnlyIfThere = options.onlyIfThere,
            KeepsExpiry = options.keepsExpiry,
            Left = milliseconds,
        });
    }

    /// <summary>GETEX.</summary>
    public static ValueTask StartTakeAsync(PendingCommit pending)
    {
        var options = default(SetOptions);
        if (!options.TryRead(pending.Command, 2, isSet: false))
        {
            return pending.Refuse(RedisErrors.Syntax);
        }

        var write = new StringTake(pending.Key()) { Persists = options.persists };
        if (options.expiry is { } expiry)
        {
            var at = options.expiryAt;
            write.ReadLeft = () =>
                expiry.TryRead(pending.Command[at], mayBeOver: false, "getex", pending.Session.Node.Clock, out var left, out var error)
                    ? (left, null)
                    : (0, error);
        }

        return KeyCommit.MakeAsync(pending, write);
    }

    /// <summary>Whether they need nothing told of what is replaced.</summary>
    private readonly bool AreSimple => !getsOld && !onlyIfAbsent && !onlyIfThere;

    private bool TryRead(in Command command, int first, bool isSet)
    {
        for (var i = first; i < command.Count; i++)
        {
            if (isSet && command.Is(i, "NX"u8) && !onlyIfThere)
            {
                onlyIfAbsent = true;
            }
            else if (isSet && command.Is(i, "XX"u8) && !onlyIfAbsent)
            {
                onlyIfThere = true;
            }
            else if (isSet && command.Is(i, "GET"u8))
            {
                getsOld = true;
            }
            else if (isSet && command.Is(i, "KEEPTTL"u8) && expiry is null)
            {
                keepsExpiry = true;
            }
            else if (!isSet && command.Is(i, "PERSIST"u8) && expiry is null)
            {
                persists = true;
            }
            else if (!TryExpiry(command, i))
            {
                return false;
            }
            else
            {
                i++;
            }
        }

        return true;
    }

    /// <summary>As in Redis, an option may be repeated, but not be followed by another one of its sort.</summary>
    private bool TryExpiry(in Command command, int index)
    {
        if (ExpiryArgument.OfOption(command, index) is not { } found || index + 1 == command.Count
            || keepsExpiry || persists || (expiry is { } given && given != found))
        {
            return false;
        }

        (expiry, expiryAt) = (found, index + 1);
        return true;
    }
}
