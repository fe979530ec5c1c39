using System.Globalization;
using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary>
/// The first commands on a connection: who we are, which server it is, whether its settings keep what it acknowledges,
/// and whether the store in it is ours.
/// </summary>
internal sealed class Handshake(RedisConnection connection, RedisAddress address, StoreView view, int partitions)
{
    private const int FormatVersion = 1;
    private const int OldestMajorVersion = 7;

    /// <summary>Does it, and tells which server it is.</summary>
    /// <param name="before">The server of the connection before this one.</param>
    public async Task<ServerProfile> RunAsync(ServerProfile before)
    {
        var hello = await HelloAsync().ConfigureAwait(false);
        var server = await InspectAsync(hello).ConfigureAwait(false);
        await EndBeforeAsync(before, server).ConfigureAwait(false);
        if (address.Database != 0)
        {
            await AskAsync("SELECT", address.Database.ToString(CultureInfo.InvariantCulture)).ConfigureAwait(false);
        }

        await AskAsync("CLIENT", "TRACKING", "ON", "NOLOOP").ConfigureAwait(false);
        await CheckStoreAsync().ConfigureAwait(false);
        await CheckLibraryAsync().ConfigureAwait(false);
        return server;
    }

    private async Task<Dictionary<string, string>> HelloAsync()
    {
        string[] credentials = address.Password is null ? [] : ["AUTH", address.User, address.Password];
        try
        {
            return await AskPairsAsync(["HELLO", "3", .. credentials, "SETNAME", "holdfast"]).ConfigureAwait(false);
        }
        catch (StoreErrorException fault) when (fault.Error.IsUnknownCommand || fault.Error.Code == "NOPROTO")
        {
            throw TooOld("older than 6");
        }
        catch (StoreErrorException fault)
        {
            throw fault.Error.ToException();
        }
    }

    private async Task<ServerProfile> InspectAsync(Dictionary<string, string> hello)
    {
        var name = hello.GetValueOrDefault("server", "redis");
        var version = hello.GetValueOrDefault("version", "?");
        var isNode = name == "holdfast";
        if (!isNode && int.TryParse(version.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) && major < OldestMajorVersion)
        {
            throw TooOld(version);
        }

        var lines = await AskAsync(static (ref reader) => reader.ReadString(), "INFO").ConfigureAwait(false);
        var facts = FactsIn(lines);
        if (!isNode)
        {
            CheckRole(hello, facts);
            CheckMemory(facts);
        }

        return new ServerProfile
        {
            Name = isNode ? "node" : name,
            Version = version,
            RunId = facts.GetValueOrDefault("run_id", ""),
            ConnectionId = long.Parse(hello.GetValueOrDefault("id", "0"), CultureInfo.InvariantCulture),
            Durability = isNode || await IsSyncedAsync(facts).ConfigureAwait(false) ? Durability.Synced : Durability.Memory,
        };
    }

    private void CheckRole(Dictionary<string, string> hello, Dictionary<string, string> facts)
    {
        if (hello.GetValueOrDefault("mode", "standalone") is var mode and not "standalone")
        {
            throw new StateMismatchException($"{address} is a Redis {mode}, which this version does not speak to: name a stand-alone server.");
        }

        if (facts.GetValueOrDefault("role", "master") != "master")
        {
            // It may be about to be promoted, so this is worth another try.
            throw new StateUnavailableException($"{address} is a replica: name the master.");
        }
    }

    private void CheckMemory(Dictionary<string, string> facts)
    {
        var policy = facts.GetValueOrDefault("maxmemory_policy", "noeviction");
        if (facts.GetValueOrDefault("maxmemory", "0") != "0" && policy != "noeviction")
        {
            throw new StateMismatchException(
                $"{address} evicts records when its memory is full (maxmemory-policy {policy}): set maxmemory-policy noeviction, and keep evictable caches on another server.");
        }
    }

    // `everysec` loses acknowledged writes to kill -9 as well: only `always` writes before it replies.
    private async Task<bool> IsSyncedAsync(Dictionary<string, string> facts)
    {
        if (facts.GetValueOrDefault("aof_enabled", "0") != "1")
        {
            return false;
        }

        try
        {
            var settings = await AskPairsAsync(["CONFIG", "GET", "appendfsync"]).ConfigureAwait(false);
            return settings.GetValueOrDefault("appendfsync") == "always";
        }
        catch (StoreErrorException)
        {
            // The user may not ask. What can't be known is not promised.
            return false;
        }
    }

    // What was sent on the connection before may still stand unread in the server's socket. Once the server has closed
    // it, a commit repeated here is the only one of its kind that can still be made, and its answer is final.
    private async Task EndBeforeAsync(ServerProfile before, ServerProfile server)
    {
        if (before.RunId != server.RunId)
        {
            return;
        }

        try
        {
            await AskAsync("CLIENT", "KILL", "ID", before.ConnectionId.ToString(CultureInfo.InvariantCulture)).ConfigureAwait(false);
        }
        catch (StoreErrorException)
        {
            // It is gone already, or the user may not. The sequence numbers still see to it that nothing is made twice.
        }
    }

    private async Task CheckStoreAsync()
    {
        var store = await AskPairsAsync(["HGETALL", StoreKeys.Store]).ConfigureAwait(false);
        if (!store.ContainsKey("version") || !store.ContainsKey("partitions"))
        {
            // Whoever comes first decides, field by field, and may be between the two; the second reply tells what was decided.
            await AskAsync("HSETNX", StoreKeys.Store, "version", Text(FormatVersion)).ConfigureAwait(false);
            await AskAsync("HSETNX", StoreKeys.Store, "partitions", Text(partitions)).ConfigureAwait(false);
            store = await AskPairsAsync(["HGETALL", StoreKeys.Store]).ConfigureAwait(false);
        }

        var version = store.GetValueOrDefault("version", "none");
        if (version != Text(FormatVersion))
        {
            throw new StateMismatchException(
                $"The store at {address} has format version {version}, this program writes {FormatVersion}: use a program of the store's version, or another database.");
        }

        var found = store.GetValueOrDefault("partitions", "none");
        if (found != Text(partitions))
        {
            throw new StateMismatchException(
                $"The store at {address} has {found} partitions, the options say {partitions}: set PartitionCount to {found}, or use another database.");
        }
    }

    private async Task CheckLibraryAsync()
    {
        if (await HasLibraryAsync().ConfigureAwait(false))
        {
            return;
        }

        var load = FunctionLibrary.LoadCall();
        connection.TrySend(load);
        if (!await HasLibraryAsync().ConfigureAwait(false))
        {
            throw FunctionLibrary.WhyMissing(load);
        }
    }

    private async Task<bool> HasLibraryAsync()
    {
        try
        {
            await AskAsync(static (ref _) => true, "FCALL_RO", "hf1_read", "1", view.Keys.Text(0, StoreKeys.Head)).ConfigureAwait(false);
            return true;
        }
        catch (StoreErrorException fault) when (fault.Error.IsFunctionMissing)
        {
            return false;
        }
    }

    private Task<bool> AskAsync(params string[] command) => AskAsync(static (ref _) => true, command);

    private Task<Dictionary<string, string>> AskPairsAsync(string[] command) => AskAsync(Pairs, command);

    private Task<T> AskAsync<T>(ReplyParser<T> parse, params string[] command)
    {
        var call = new PlainCall<T>(parse, isRepeatable: false, command);
        return connection.TrySend(call) ? call.Completion : throw new StateUnavailableException($"{address} closed the connection.");
    }

    private StateMismatchException TooOld(string version) =>
        new($"The server at {address} is Redis {version}: Holdfast needs Redis {OldestMajorVersion} or later, or Valkey.");

    private static Dictionary<string, string> Pairs(ref RespReader reader)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var left = reader.ReadCount(0); left > 0; left -= 2)
        {
            var name = reader.ReadString();
            reader.Read();
            if (reader.Count == 0)
            {
                pairs[name] = System.Text.Encoding.UTF8.GetString(reader.Text);
            }

            reader.SkipElements(reader.Count);
        }

        return pairs;
    }

    private static Dictionary<string, string> FactsIn(string lines)
    {
        var facts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in lines.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                facts[line[..colon]] = line[(colon + 1)..];
            }
        }

        return facts;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
