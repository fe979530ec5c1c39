using System.Text;
using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary>Questions on a connection and their answers, beginning with who we are.</summary>
internal sealed class Dialogue(RedisConnection connection, RedisAddress address)
{
    private const int OldestMajorVersion = 7;

    /// <summary>Tells who asks, agrees on RESP3, and answers what the server is.</summary>
    public async Task<Dictionary<string, string>> HelloAsync()
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

    /// <summary>Refuses a server of this version if it is too old.</summary>
    public void CheckVersion(string version)
    {
        if (int.TryParse(version.Split('.')[0], out var major) && major < OldestMajorVersion)
        {
            throw TooOld(version);
        }
    }

    public Task<bool> AskAsync(params string[] command) => AskAsync(static (ref _) => true, command);

    public Task<Dictionary<string, string>> AskPairsAsync(string[] command) => AskAsync(Pairs, command);

    public Task<T> AskAsync<T>(ReplyParser<T> parse, params string[] command)
    {
        var call = new PlainCall<T>(parse, isRepeatable: false, command);
        return connection.TrySend(call) ? call.Completion.AsTask() : throw new StateUnavailableException($"{address} closed the connection.");
    }

    /// <summary>Subscribes to a channel, or ends that.</summary>
    public Task SubscribeAsync(string channel, bool ends)
    {
        var call = new SubscribeCall(channel, ends);
        return connection.TrySend(call) ? call.Completion.AsTask() : throw new StateUnavailableException($"{address} closed the connection.");
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
                pairs[name] = Encoding.UTF8.GetString(reader.Text);
            }

            reader.SkipElements(reader.Count);
        }

        return pairs;
    }
}
