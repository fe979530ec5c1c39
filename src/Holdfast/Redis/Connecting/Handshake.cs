using System.Globalization;

namespace Holdfast.Redis;

/// <summary>
/// The first commands on a connection: who we are, which server it is, whether its settings keep what it acknowledges,
/// and whether the store in it is ours.
/// </summary>
internal sealed class Handshake(RedisConnection connection, RedisAddress address, StoreView view, int partitions, bool isCluster)
{
    private const int FormatVersion = 1;
    private const string NodeName = "holdfast";

    /// <summary>How long the ids are that a server makes by chance: of its process, and of its data's history with replicas.</summary>
    private const int IdDigits = 40;

    private readonly Dialogue dialogue = new(connection, address);

    /// <summary>Does it, and tells which server it is.</summary>
    /// <param name="before">The link's last connection to each server process, by its run id; empty before the first.</param>
    public async Task<ServerProfile> RunAsync(IReadOnlyDictionary<string, long> before)
    {
        var hello = await dialogue.HelloAsync().ConfigureAwait(false);
        if (before.Count == 0 && hello.GetValueOrDefault("server") != NodeName)
        {
            dialogue.CheckVersion(hello.GetValueOrDefault("version", "?"));
            await new PermissionCheck(dialogue, view.Keys.Text(0, "@probe"), isCluster).RunAsync().ConfigureAwait(false);
        }

        var server = await InspectAsync(hello).ConfigureAwait(false);
        await EndBeforeAsync(before, server).ConfigureAwait(false);
        if (address.Database != 0)
        {
            await dialogue.AskAsync("SELECT", address.Database.ToString(CultureInfo.InvariantCulture)).ConfigureAwait(false);
        }

        await dialogue.AskAsync("CLIENT", "TRACKING", "ON", "NOLOOP").ConfigureAwait(false);
        await CheckStoreAsync().ConfigureAwait(false);
        await CheckLibraryAsync(server.IsNode).ConfigureAwait(false);
        return server;
    }

    private async Task<ServerProfile> InspectAsync(Dictionary<string, string> hello)
    {
        var name = hello.GetValueOrDefault("server", "redis");
        var version = hello.GetValueOrDefault("version", "?");
        var isNode = name == NodeName;
        if (!isNode)
        {
            dialogue.CheckVersion(version);
        }

        var lines = await dialogue.AskAsync(static (ref reader) => reader.ReadString(), "INFO").ConfigureAwait(false);
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
            Tenure = isNode ? facts.GetValueOrDefault("run_id", "") : HalfOf(facts, "run_id") + HalfOf(facts, "master_replid"),
            ConnectionId = long.Parse(hello.GetValueOrDefault("id", "0"), CultureInfo.InvariantCulture),
            Durability = isNode || await IsSyncedAsync(facts).ConfigureAwait(false) ? Durability.Synced : Durability.Memory,
        };
    }

    // As the library makes a tenure of the same facts: half of each is enough, and together no longer than a run id.
    private string HalfOf(Dictionary<string, string> facts, string name)
    {
        var id = facts.GetValueOrDefault(name, "");
        return id.Length == IdDigits && id.All(char.IsAsciiHexDigit)
            ? id[..(IdDigits / 2)]
            : throw new StateMismatchException(
                $"{address} does not tell its {name} in INFO as {IdDigits} hexadecimal digits, without which nobody can notice that another server has taken over and what that lost: "
                + "connect to a Redis or Valkey server itself, and not by way of a proxy or service that hides it.");
    }

    private void CheckRole(Dictionary<string, string> hello, Dictionary<string, string> facts)
    {
        var mode = hello.GetValueOrDefault("mode", "standalone");
        if (mode == "sentinel")
        {
            throw new StateMismatchException($"{address} is a sentinel: begin the connection string with redis+sentinel:// and end it with the name by which it knows the store.");
        }

        if (mode == "cluster" != isCluster)
        {
            throw new StateMismatchException(
                isCluster ? $"{address} is no part of a cluster any more." : $"{address} is part of a Redis Cluster, which no sentinel leads to: begin the connection string with redis://.");
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

    // `everysec` loses acknowledged writes to kill -9 as well: only `always` writes before it replies. And that does not
    // synchronise while a child process saves or rewrites, if no-appendfsync-on-rewrite says so.
    private async Task<bool> IsSyncedAsync(Dictionary<string, string> facts)
    {
        if (facts.GetValueOrDefault("aof_enabled", "0") != "1")
        {
            return false;
        }

        try
        {
            var settings = await dialogue.AskPairsAsync(["CONFIG", "GET", "*appendfsync*"]).ConfigureAwait(false);
            return settings.GetValueOrDefault("appendfsync") == "always" && settings.GetValueOrDefault("no-appendfsync-on-rewrite") == "no";
        }
        catch (StoreErrorException)
        {
            // The user may not ask. What can't be known is not promised.
            return false;
        }
    }

    // What was sent on the connection before may still stand unread in the server's socket. Once the server has closed
    // it, a commit repeated here is the only one of its kind that can still be made, and its answer is final.
    private async Task EndBeforeAsync(IReadOnlyDictionary<string, long> before, ServerProfile server)
    {
        if (before.TryGetValue(server.RunId, out var connectionId) && connectionId != 0)
        {
            // Answered with 0 where it is gone already, so that an error says that it may not be.
            await dialogue.AskAsync("CLIENT", "KILL", "ID", connectionId.ToString(CultureInfo.InvariantCulture)).ConfigureAwait(false);
        }
    }

    private async Task CheckStoreAsync()
    {
        try
        {
            await CheckStoreHereAsync().ConfigureAwait(false);
        }
        catch (StoreErrorException fault) when (isCluster && fault.Error.Code == "MOVED")
        {
            // Another primary has the store's own record, and tells what is in it.
        }
    }

    private async Task CheckStoreHereAsync()
    {
        var store = await dialogue.AskPairsAsync(["HGETALL", StoreKeys.Store]).ConfigureAwait(false);
        if (!store.ContainsKey("version") || !store.ContainsKey("partitions"))
        {
            // Whoever comes first decides, field by field, and may be between the two; the second reply tells what was decided.
            await dialogue.AskAsync("HSETNX", StoreKeys.Store, "version", Text(FormatVersion)).ConfigureAwait(false);
            await dialogue.AskAsync("HSETNX", StoreKeys.Store, "partitions", Text(partitions)).ConfigureAwait(false);
            store = await dialogue.AskPairsAsync(["HGETALL", StoreKeys.Store]).ConfigureAwait(false);
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

    private async Task CheckLibraryAsync(bool isNode)
    {
        if (isNode)
        {
            // Its functions are no library, and know their partitions.
            await dialogue.AskAsync("FCALL_RO", "hf1_read", "1", view.Keys.Text(0, StoreKeys.Head)).ConfigureAwait(false);
            return;
        }

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
            // Without a key, so that in a cluster too it is this server that answers.
            var digest = await dialogue.AskAsync(static (ref reader) => reader.ReadString(), "FCALL_RO", "hf1_digest", "0").ConfigureAwait(false);
            return digest == FunctionLibrary.Digest ? true : throw FunctionLibrary.Foreign();
        }
        catch (StoreErrorException fault) when (fault.Error.IsFunctionMissing)
        {
            return false;
        }
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
