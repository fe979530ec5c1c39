using System.Text;

namespace Holdfast.Redis;

/// <summary>
/// An error that the store answered, by its first word (docs/wire.md, "Errors"): whether the call is to be repeated,
/// and which exception it is otherwise.
/// </summary>
internal readonly record struct ErrorReply(string Text)
{
    /// <summary>Redis adds where in the script an error arose; nobody who reads the message can use it.</summary>
    private const string ScriptMark = " script: ";

    public string Code => Text.Split(' ', 2)[0];

    public bool IsFunctionMissing => Text.StartsWith("ERR Function not found", StringComparison.Ordinal);

    public bool IsUnknownCommand => Text.StartsWith("ERR unknown command", StringComparison.Ordinal);

    /// <summary>Whether the store could not do it now, did nothing, and may be able to soon.</summary>
    public bool IsTransient => Code is
        "LOADING" or "TRYAGAIN" or "MASTERDOWN" or "READONLY" or "NOREPLICAS" or "BUSY" or "CLUSTERDOWN" or "MISCONF" or "HFDOWN" or "HFRUN";

    /// <summary>Whether the server was a replica, or is one, and the next connection learns of it: to its master, or to this server as it is now.</summary>
    public bool IsOutlived => Code is "READONLY" or "HFRUN";

    /// <summary>Whether another node of a cluster is named for it.</summary>
    public bool IsRedirect => Code is "MOVED" or "ASK";

    /// <summary>Which node that is; null when it is not told. An empty host is the one that answered.</summary>
    public RedisPlace? RedirectTo(string host)
    {
        var parts = Text.Split(' ');
        if (parts.Length < 3)
        {
            return null;
        }

        var place = parts[2];
        return RedisPlace.TryParse(place.StartsWith(':') ? $"[{host}]{place}" : place, 0, out _) is { Port: > 0 } found && found.Host != "?" ? found : null;
    }

    public static ErrorReply From(ReadOnlySpan<byte> text)
    {
        var message = Encoding.UTF8.GetString(text);
        var mark = message.IndexOf(ScriptMark, StringComparison.Ordinal);
        return new ErrorReply(mark < 0 ? message : message[..mark]);
    }

    public StateException ToException() => Code switch
    {
        "HFLIMIT" => new StateLimitException($"The store refuses a change over a limit: {Text}"),
        "HFFULL" => new StateFullException($"The store is full: {Text}"),
        "OOM" => new StateFullException($"The store is full: raise its maxmemory, or remove records. It answered: {Text}"),
        "HFSTORE" => new StateMismatchException($"The store is of another version or partition count: {Text}"),
        "WRONGPASS" or "NOAUTH" => new StateMismatchException(
            $"The store refuses the user or password: correct them in the connection string. It answered: {Text}"),
        "NOPERM" => new StateMismatchException($"The store's user may not do what Holdfast needs (docs/engines.md lists it): {Text}"),
        "MOVED" or "ASK" => new StateMismatchException(
            $"The server has become part of a Redis Cluster: start this process again. It answered: {Text}"),
        "ERR" when Text.Contains("DB index", StringComparison.Ordinal) => new StateMismatchException(
            $"The connection string names a database that the store does not have: {Text}"),
        "CROSSSLOT" => new StateMismatchException($"The store's keys don't stay in one slot, so it was not made by this version: {Text}"),
        _ when IsTransient => new StateUnavailableException($"The store can't do it now: {Text}"),
        _ => new StateException($"The store refused the call: {Text}"),
    };
}
