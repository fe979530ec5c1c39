namespace Holdfast.Redis;

/// <summary>
/// Finds out when the store is opened whether its user may do all that will be asked of it, rather than when a request
/// comes that needs it. Each command is asked for in a form that does nothing; Redis checks permissions before anything
/// else but the number of arguments, so every other error means that it may.
/// </summary>
internal sealed class PermissionCheck(Dialogue dialogue, string key, bool isCluster)
{
    /// <summary>What the user needs, as <c>ACL SETUSER</c> takes it (docs/engines.md).</summary>
    public const string Rules =
        "~hf:* &hf:signal:* +ping +info +select +fcall +fcall_ro +function|load +client|tracking +client|kill +config|get "
        + "+publish +subscribe +unsubscribe +scan +exists +hgetall +hsetnx +hget +hmget +hset +hdel +del +get +set +pttl +pexpire +persist "
        + "+xadd +xdel +xlen +xrange +time";

    /// <summary>What the user of a cluster needs besides.</summary>
    public const string ClusterRules = "+cluster|nodes +asking";

    private const string Channel = StoreKeys.SignalPrefix + "@probe";

    private static readonly string[] Keyless = ["PING", "INFO server", "FCALL hf1_probe 0", "FCALL_RO hf1_probe 0", "FUNCTION LOAD -", "CLIENT TRACKING OFF", "CLIENT KILL ID 0", "SCAN 0 COUNT 1", "TIME"];

    private static readonly string[] Keyed =
    [
        "EXISTS {0}", "HGETALL {0}", "HSET {0} f v f", "HGET {0} f", "HMGET {0} f", "HDEL {0} f", "DEL {0}", "GET {0}", "SET {0} v XX", "PTTL {0}", "PEXPIRE {0} 1", "PERSIST {0}",
        "XADD {0} NOMKSTREAM * f v", "XDEL {0} 1-1", "XLEN {0}", "XRANGE {0} - + COUNT 1",
    ];

    /// <summary>Asks all at once, and names all that is missing.</summary>
    /// <exception cref="StateMismatchException">The user may not do something.</exception>
    public async Task RunAsync()
    {
        List<string> commands = [.. Keyless, .. Keyed.Select(command => command.Replace("{0}", key, StringComparison.Ordinal)), "PUBLISH " + Channel + " -"];
        if (isCluster)
        {
            commands.AddRange(["CLUSTER NODES", "ASKING"]);
        }

        var answers = commands.Select(command => (Command: command, Refused: IsRefusedAsync(command.Split(' ')))).ToList();
        var missing = new List<string>();
        foreach (var (command, refused) in answers)
        {
            if (await refused.ConfigureAwait(false) is { } reason)
            {
                missing.Add(reason.Contains("command", StringComparison.Ordinal) ? command.Split(' ')[0] : reason);
            }
        }

        if (await IsListeningRefusedAsync().ConfigureAwait(false) is { } deaf)
        {
            missing.Add(deaf);
        }

        if (missing.Count > 0)
        {
            throw Lacking(missing);
        }
    }

    private async Task<string?> IsRefusedAsync(string[] command)
    {
        try
        {
            await dialogue.AskAsync(command).ConfigureAwait(false);
            return null;
        }
        catch (StoreErrorException fault)
        {
            return fault.Error.Code == "NOPERM" ? fault.Error.Text : null;
        }
    }

    private async Task<string?> IsListeningRefusedAsync()
    {
        try
        {
            await dialogue.SubscribeAsync(Channel, ends: false).ConfigureAwait(false);
            await dialogue.SubscribeAsync(Channel, ends: true).ConfigureAwait(false);
            return null;
        }
        catch (StateMismatchException)
        {
            return $"SUBSCRIBE and UNSUBSCRIBE on {StoreKeys.SignalPrefix}*";
        }
    }

    private StateMismatchException Lacking(List<string> missing) =>
        new($"The store's user may not do what Holdfast needs: {string.Join(", ", missing.Distinct())}. Allow it: ACL SETUSER NAME {Rules}{(isCluster ? " " + ClusterRules : "")}");
}
