using System.Diagnostics;
using System.Globalization;

namespace Holdfast.TestServers;

/// <summary>
/// Two redis-servers, a master and its replica, under three sentinels; or three servers, each with a sentinel on a host of its own, so
/// that who is left of a partition has a replica still.
/// </summary>
internal sealed class SentinelTrio : IAsyncDisposable
{
    public const string Name = "mymaster";

    private const int Sentinels = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // A sentinel that had no time for two seconds does nothing for thirty; and those that don't agree who is to see to a failover try it again later.
    private static readonly TimeSpan LongestMending = TimeSpan.FromSeconds(180);

    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(30);

    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-sentinels-").FullName;
    private readonly List<RedisServer> servers = [];
    private readonly List<(Process Process, string Host, int Port)> sentinels = [];
    private readonly string? password;
    private readonly string? sentinelPassword;
    private readonly NetworkSegment? segment;
    private readonly TestAuthority? tls;
    private readonly string? announced;

    private SentinelTrio(string? password, string? sentinelPassword, NetworkSegment? segment, TestAuthority? tls, string? announced) =>
        (this.password, this.sentinelPassword, this.segment, this.tls, this.announced) = (password, sentinelPassword, segment, tls, announced ?? tls?.ServerName);

    public RedisServer Master { get; private set; } = null!;

    /// <summary>The replica; of several, one.</summary>
    public RedisServer Replica { get; private set; } = null!;

    /// <summary>The number of the master's host in the segment.</summary>
    public int MasterHost => servers.IndexOf(Master);

    /// <summary>The sentinels' places, as connection strings list them.</summary>
    public string Places => string.Join(',', sentinels.Select(sentinel => $"{tls?.ServerName ?? sentinel.Host}:{sentinel.Port}"));

    public string ConnectionString => $"{(tls is null ? "redis" : "rediss")}+sentinel://{(password is null ? "" : $":{password}@")}{Places}/{Name}";

    /// <summary>Starts all of them, and waits until the sentinels know each other and the replicas.</summary>
    /// <param name="password">What clients, replicas and sentinels must give the servers; the sentinels themselves want none unless told.</param>
    /// <param name="sentinelPassword">What clients must give the sentinels.</param>
    /// <param name="downAfter">After how many milliseconds of silence a sentinel holds a server for dead. On a busy machine those that live are silent too.</param>
    /// <param name="failoverTimeout">After how many milliseconds a failover that did not succeed is tried again: twice as many.</param>
    /// <param name="segment">Three hosts to spread them over; null for the machine itself.</param>
    /// <param name="tls">Whose files they all serve TLS with, to each other too; null for none.</param>
    /// <param name="announced">The name or address by which they tell clients of each other with TLS, if not the one that the certificate is for.</param>
    /// <param name="arguments">Further arguments of the servers.</param>
    public static async Task<SentinelTrio> StartAsync(
        string? password = null, string? sentinelPassword = null, int downAfter = 20_000, int failoverTimeout = 60_000, NetworkSegment? segment = null, TestAuthority? tls = null,
        string? announced = null, params string[] arguments)
    {
        var trio = new SentinelTrio(password, sentinelPassword, segment, tls, announced);
        var replicas = segment is null ? 1 : Sentinels - 1;
        try
        {
            for (var server = 0; server <= replicas; server++)
            {
                await trio.AddServerAsync(arguments);
            }

            (trio.Master, trio.Replica) = (trio.servers[0], trio.servers[1]);
            for (var i = 0; i < Sentinels; i++)
            {
                await trio.AddSentinelAsync(downAfter, failoverTimeout);
            }

            await trio.UntilAllAsync($"slaves={replicas},sentinels={Sentinels}");
            return trio;
        }
        catch
        {
            await trio.DisposeAsync();
            throw;
        }
    }

    /// <summary>kill -9 of the master; the sentinels make the replica master, as soon as they are asked to or find out themselves.</summary>
    /// <param name="isAsked">Whether a sentinel is asked, so that nobody need wait until they are sure that the master is gone.</param>
    public async Task FailOverAsync(bool isAsked = true)
    {
        await Master.KillAsync();
        if (isAsked)
        {
            await SwitchAsync();
        }
        else
        {
            await ReplacedAsync(sentinels);
        }
    }

    /// <summary>A failover that an operator asks for, with nobody dying.</summary>
    public async Task SwitchAsync()
    {
        // A sentinel gives up a failover whose replica it does not hear from in time, and then is to be asked again.
        var deadline = Stopwatch.StartNew();
        do
        {
            // It may have begun one by itself; or not know yet that the replica is one (NOGOODSLAVE), and knows with the next question.
            await UntilAsync(static answer => answer is "OK" || answer.Contains("INPROG", StringComparison.Ordinal), sentinels, LongestMending, "SENTINEL", "FAILOVER", Name);
            if (await IsReplacedAsync(sentinels, AskAgain))
            {
                return;
            }
        }
        while (deadline.Elapsed < LongestMending);
        throw NotReplaced();
    }

    /// <summary>A failover that loses what the master acknowledges while something happens. Returns once all are whole again.</summary>
    public async Task LoseAsync(Func<Task> happening)
    {
        await Replica.DeafenAsync();
        await happening();
        await FailOverAsync();
        await Master.UndeafenAsync();
        await MendAsync();
    }

    /// <summary>kill -9 of both servers. The sentinels live on.</summary>
    public Task KillAsync() => Task.WhenAll(servers.Select(static server => server.KillAsync()));

    /// <summary>Starts both again after that: the master first, so that its replica has nothing that it could take its place with.</summary>
    public async Task RestartAsync()
    {
        await Master.RestartAsync();
        await MendAsync();
    }

    /// <summary>Starts the server again that was killed, as the master's replica, and waits until it has what the master has.</summary>
    public async Task MendAsync()
    {
        await Replica.RestartAsync(["--replicaof", "127.0.0.1", $"{Master.Port}"]);
        await UntilWholeAsync();
    }

    /// <summary>Waits until the sentinels of the other hosts have made another server the master, in place of the one whose host is parted from them.</summary>
    public Task ReplacedAsync() => ReplacedAsync([.. sentinels.Where((_, host) => host != MasterHost)]);

    /// <summary>
    /// Waits until all sentinels agree on a master, and the other servers have what it has. On a busy machine they may have made another one
    /// the master once more.
    /// </summary>
    public async Task UntilWholeAsync()
    {
        var deadline = Stopwatch.StartNew();
        while (!await IsWholeAsync())
        {
            if (deadline.Elapsed > LongestMending)
            {
                throw new InvalidOperationException($"The servers and sentinels are not whole again after {LongestMending.TotalSeconds} s.");
            }

            await Task.Delay(100);
        }
    }

    /// <summary>Stops a sentinel without warning.</summary>
    public async Task KillSentinelAsync(int index)
    {
        sentinels[index].Process.Kill();
        await sentinels[index].Process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (sentinel, _, _) in sentinels)
        {
            sentinel.Kill();
            await sentinel.WaitForExitAsync();
            sentinel.Dispose();
        }

        foreach (var server in servers)
        {
            await server.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
    }

    // What they tell each other and clients.
    private string HostIn(string address) => announced ?? address;

    private async Task AddServerAsync(string[] arguments)
    {
        List<string> all = ["--repl-diskless-sync-delay", "0", "--repl-backlog-size", "1mb", .. arguments];
        if (password is not null)
        {
            all.AddRange(["--masterauth", password]);
        }

        if (tls is not null)
        {
            all.AddRange(["--tls-replication", "yes", "--tls-auth-clients", "no", "--replica-announce-ip", announced!]);
        }

        if (servers.Count > 0)
        {
            all.AddRange(["--replicaof", HostIn(servers[0].Host), $"{servers[0].Port}"]);
        }

        var (network, address) = HostOf(servers.Count);
        servers.Add(await RedisServer.StartAsync(isTcp: true, password: password, tls: tls, network: network, address: network is null ? null : address, arguments: [.. all]));
    }

    private (NetworkNamespace? Network, string Address) HostOf(int number) =>
        segment is null ? (null, "127.0.0.1") : (segment.Hosts[number], NetworkSegment.AddressOf(number));

    // One whose port somebody took ends at once, and has another.
    private async Task AddSentinelAsync(int downAfter, int failoverTimeout)
    {
        for (var attempt = 1; ; attempt++)
        {
            var sentinel = Launch(downAfter, failoverTimeout);
            var deadline = Stopwatch.StartNew();
            while (!sentinel.Process.HasExited && deadline.Elapsed < Patience)
            {
                if (await AskAsync(sentinel, ["PING"]) == "PONG" && !sentinel.Process.HasExited)
                {
                    sentinels.Add(sentinel);
                    return;
                }

                await Task.Delay(20);
            }

            sentinel.Process.Kill();
            sentinel.Process.Dispose();
            if (attempt == 5)
            {
                throw new InvalidOperationException($"No sentinel starts; the last one's log: {File.ReadAllText(Path.Combine(folder, $"{sentinel.Port}", "sentinel.log"))}");
            }
        }
    }

    private (Process Process, string Host, int Port) Launch(int downAfter, int failoverTimeout)
    {
        var port = FreePort.Next();
        var (network, address) = HostOf(sentinels.Count);
        var own = Directory.CreateDirectory(Path.Combine(folder, $"{port}")).FullName;
        List<string> lines = [$"bind {address}", "protected-mode no", $"dir {own}", "logfile sentinel.log"];
        lines.AddRange(tls is null
            ? [$"port {port}"]
            :
            [
                "port 0", $"tls-port {port}", $"tls-cert-file {tls.ServerFile}", $"tls-key-file {tls.ServerKeyFile}", $"tls-ca-cert-file {tls.File}", "tls-auth-clients no",
                "tls-replication yes", "sentinel resolve-hostnames yes", "sentinel announce-hostnames yes", $"sentinel announce-ip {announced}",
            ]);
        lines.AddRange(
        [
            $"sentinel monitor {Name} {HostIn(servers[0].Host)} {servers[0].Port} 2",
            $"sentinel down-after-milliseconds {Name} {downAfter}", $"sentinel failover-timeout {Name} {failoverTimeout}",
        ]);
        if (password is not null)
        {
            lines.Add($"sentinel auth-pass {Name} {password}");
        }

        if (sentinelPassword is not null)
        {
            lines.AddRange([$"requirepass {sentinelPassword}", $"sentinel sentinel-pass {sentinelPassword}"]);
        }

        var file = Path.Combine(own, "sentinel.conf");
        File.WriteAllLines(file, lines);
        var start = new ProcessStartInfo("redis-server", [file, "--sentinel"]) { UseShellExecute = false };
        return (Process.Start(network?.Inside(start) ?? start)!, address, port);
    }

    private async Task ReplacedAsync(IReadOnlyList<(Process Process, string Host, int Port)> asked)
    {
        if (!await IsReplacedAsync(asked, LongestMending))
        {
            throw NotReplaced();
        }
    }

    /// <summary>Whether one of the sentinels says so in time.</summary>
    private async Task<bool> IsReplacedAsync(IReadOnlyList<(Process Process, string Host, int Port)> asked, TimeSpan patience)
    {
        RedisServer? next = null;
        var (isSo, _) = await TryUntilAsync(
            text => (next = servers.Find(server => server != Master && text.EndsWith($"\n{server.Port}", StringComparison.Ordinal))) is not null,
            asked, patience, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", Name);
        if (isSo)
        {
            (Master, Replica) = (next!, Master);
        }

        return isSo;
    }

    private static InvalidOperationException NotReplaced() => new($"The sentinels have made no other server the master in {LongestMending.TotalSeconds} s.");

    private async Task<bool> IsWholeAsync()
    {
        var told = await AskAsync(sentinels[0], ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", Name]);
        if (servers.Find(server => told.EndsWith($"\n{server.Port}", StringComparison.Ordinal)) is not { } master)
        {
            return false;
        }

        foreach (var server in servers.Where(server => server != master))
        {
            var replication = await server.AskAsync("INFO", "replication");
            if (!replication.Contains($"master_port:{master.Port}\r", StringComparison.Ordinal) || !replication.Contains("master_link_status:up", StringComparison.Ordinal))
            {
                return false;
            }
        }

        foreach (var sentinel in sentinels)
        {
            var known = await AskAsync(sentinel, ["INFO", "sentinel"]);
            if (!known.Contains($"name={Name},status=ok,address={HostIn(master.Host)}:{master.Port},slaves={servers.Count - 1}", StringComparison.Ordinal))
            {
                return false;
            }
        }

        if (master != Master)
        {
            (Master, Replica) = (master, Master);
        }

        return true;
    }

    // One of them saying so is enough for a command; this they must all know.
    private async Task UntilAllAsync(string known)
    {
        foreach (var sentinel in sentinels.Where(static sentinel => !sentinel.Process.HasExited))
        {
            await UntilAsync(text => text.Contains(known, StringComparison.Ordinal), [sentinel], Patience, "INFO", "sentinel");
        }
    }

    private async Task UntilAsync(Predicate<string> isSo, IReadOnlyList<(Process Process, string Host, int Port)> asked, TimeSpan patience, params string[] command)
    {
        if (await TryUntilAsync(isSo, asked, patience, command) is (false, var last))
        {
            throw new InvalidOperationException($"The sentinels never came so far; {string.Join(' ', command)} answered last: {last}");
        }
    }

    private async Task<(bool IsSo, string Last)> TryUntilAsync(
        Predicate<string> isSo, IReadOnlyList<(Process Process, string Host, int Port)> asked, TimeSpan patience, params string[] command)
    {
        var deadline = Stopwatch.StartNew();
        var answer = "";
        for (var turn = 0; deadline.Elapsed < patience; turn++)
        {
            answer = await AskAsync(asked[turn % asked.Count], command);
            if (isSo(answer))
            {
                return (true, answer);
            }

            await Task.Delay(50);
        }

        return (false, answer);
    }

    private async Task<string> AskAsync((Process Process, string Host, int Port) sentinel, string[] command)
    {
        string[] encryption = tls is null ? [] : ["--tls", "--cacert", tls.File];
        var start = new ProcessStartInfo("redis-cli", ["-h", sentinel.Host, "-p", sentinel.Port.ToString(CultureInfo.InvariantCulture), .. encryption, .. command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (sentinelPassword is not null)
        {
            start.Environment["REDISCLI_AUTH"] = sentinelPassword;
        }

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var answer = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        await errors;
        return answer.Trim();
    }
}
