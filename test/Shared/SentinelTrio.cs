using System.Diagnostics;
using System.Globalization;

namespace Holdfast.TestServers;

/// <summary>Two redis-servers, a master and its replica, under three sentinels.</summary>
internal sealed class SentinelTrio : IAsyncDisposable
{
    public const string Name = "mymaster";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-sentinels-").FullName;
    private readonly List<Process> sentinels = [];
    private readonly List<int> ports = [];
    private readonly string? password;

    private SentinelTrio(RedisServer master, RedisServer replica, string? password) => (Master, Replica, this.password) = (master, replica, password);

    public RedisServer Master { get; private set; }

    public RedisServer Replica { get; private set; }

    /// <summary>The sentinels' places, as connection strings list them.</summary>
    public string Places => string.Join(',', ports.Select(static port => $"127.0.0.1:{port}"));

    public string ConnectionString => $"redis+sentinel://{(password is null ? "" : $":{password}@")}{Places}/{Name}";

    /// <summary>Starts all five, and waits until the sentinels know each other and the replica.</summary>
    /// <param name="password">What clients, replicas and sentinels must give the servers; the sentinels themselves want none unless told.</param>
    /// <param name="sentinelPassword">What clients must give the sentinels.</param>
    /// <param name="downAfter">After how many milliseconds of silence a sentinel holds a server for dead. On a busy machine those that live are silent too.</param>
    /// <param name="failoverTimeout">After how many milliseconds a failover that did not succeed is tried again: twice as many.</param>
    public static async Task<SentinelTrio> StartAsync(string? password = null, string? sentinelPassword = null, int downAfter = 20_000, int failoverTimeout = 60_000)
    {
        string[] common = ["--repl-diskless-sync-delay", "0", "--repl-backlog-size", "1mb", .. password is null ? Array.Empty<string>() : ["--masterauth", password]];
        var master = await RedisServer.StartAsync(isTcp: true, password: password, arguments: common);
        var replica = await RedisServer.StartAsync(isTcp: true, password: password, arguments: [.. common, "--replicaof", "127.0.0.1", $"{master.Port}"]);
        var trio = new SentinelTrio(master, replica, password);
        for (var i = 0; i < 3; i++)
        {
            await trio.AddAsync(sentinelPassword, downAfter, failoverTimeout);
        }

        await trio.UntilAsync(static text => text.Contains("slaves=1,sentinels=3", StringComparison.Ordinal), sentinelPassword);
        return trio;
    }

    /// <summary>kill -9 of the master; the sentinels make the replica master, as soon as they are asked to or find out themselves.</summary>
    /// <param name="isAsked">Whether a sentinel is asked, so that nobody need wait until they are sure that the master is gone.</param>
    public async Task FailOverAsync(bool isAsked = true)
    {
        await Master.KillAsync();
        if (isAsked)
        {
            await SwitchAsync();
            return;
        }

        await UntilAsync(text => text.Contains($"\n{Replica.Port}", StringComparison.Ordinal), null, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", Name);
        (Master, Replica) = (Replica, Master);
    }

    /// <summary>A failover that an operator asks for, with nobody dying.</summary>
    public async Task SwitchAsync()
    {
        await UntilAsync(static answer => answer is "OK", null, "SENTINEL", "FAILOVER", Name);
        await UntilAsync(text => text.Contains($"\n{Replica.Port}", StringComparison.Ordinal), null, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", Name);
        (Master, Replica) = (Replica, Master);
    }

    /// <summary>Starts the server again that was killed, as the master's replica, and waits until it has what the master has.</summary>
    public async Task MendAsync()
    {
        await Replica.RestartAsync(["--replicaof", "127.0.0.1", $"{Master.Port}"]);
        await Replica.UntilAsync("master_link_status:up", "INFO", "replication");
        foreach (var port in ports)
        {
            await UntilAsync(static text => text.Contains($"name={Name},status=ok", StringComparison.Ordinal), null, [port], "INFO", "sentinel");
        }
    }

    /// <summary>Stops a sentinel without warning.</summary>
    public async Task KillSentinelAsync(int index)
    {
        sentinels[index].Kill();
        await sentinels[index].WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var sentinel in sentinels)
        {
            sentinel.Kill();
            await sentinel.WaitForExitAsync();
            sentinel.Dispose();
        }

        await Master.DisposeAsync();
        await Replica.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    // One whose port somebody took ends at once, and has another.
    private async Task AddAsync(string? sentinelPassword, int downAfter, int failoverTimeout)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (sentinel, port) = Launch(sentinelPassword, downAfter, failoverTimeout);
            var deadline = Stopwatch.StartNew();
            while (!sentinel.HasExited && deadline.Elapsed < Patience)
            {
                if (await AskAsync(port, sentinelPassword, ["PING"]) == "PONG" && !sentinel.HasExited)
                {
                    sentinels.Add(sentinel);
                    ports.Add(port);
                    return;
                }

                await Task.Delay(20);
            }

            sentinel.Kill();
            sentinel.Dispose();
            if (attempt == 5)
            {
                throw new InvalidOperationException($"No sentinel starts; the last one's log: {File.ReadAllText(Path.Combine(folder, $"{port}", "sentinel.log"))}");
            }
        }
    }

    private (Process Sentinel, int Port) Launch(string? sentinelPassword, int downAfter, int failoverTimeout)
    {
        var port = FreePort.Next();
        var own = Directory.CreateDirectory(Path.Combine(folder, $"{port}")).FullName;
        List<string> lines =
        [
            $"port {port}", "bind 127.0.0.1", $"dir {own}", "logfile sentinel.log", $"sentinel monitor {Name} 127.0.0.1 {Master.Port} 2",
            $"sentinel down-after-milliseconds {Name} {downAfter}", $"sentinel failover-timeout {Name} {failoverTimeout}",
        ];
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
        return (Process.Start(new ProcessStartInfo("redis-server", [file, "--sentinel"]) { UseShellExecute = false })!, port);
    }

    private Task UntilAsync(Predicate<string> isSo, string? sentinelPassword, params string[] command) =>
        UntilAsync(isSo, sentinelPassword, ports, command.Length == 0 ? ["INFO", "sentinel"] : command);

    // One of them saying so is enough for a command; for what they must all know, ask each.
    private static async Task UntilAsync(Predicate<string> isSo, string? sentinelPassword, List<int> asked, params string[] command)
    {
        var deadline = Stopwatch.StartNew();
        var answer = "";
        for (var turn = 0; deadline.Elapsed < Patience; turn++)
        {
            answer = await AskAsync(asked[turn % asked.Count], sentinelPassword, command);
            if (isSo(answer))
            {
                return;
            }

            await Task.Delay(50);
        }

        throw new InvalidOperationException($"The sentinels never came so far; {string.Join(' ', command)} answered last: {answer}");
    }

    private static async Task<string> AskAsync(int port, string? sentinelPassword, string[] command)
    {
        var start = new ProcessStartInfo("redis-cli", ["-p", port.ToString(CultureInfo.InvariantCulture), .. command]) { RedirectStandardOutput = true, RedirectStandardError = true };
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
