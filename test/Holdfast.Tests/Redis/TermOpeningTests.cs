using Holdfast.TestServers;

namespace Holdfast.Tests.Redis;

/// <summary>A real server that answers reads and refuses writes, as after a failover, and is new to the partition.</summary>
public sealed class TermOpeningTests
{
    private static readonly Address Thing = new("thing", "t");

    [Fact]
    public async Task Reads_that_wait_for_a_term_ask_for_it_once_and_go_on_when_the_server_writes_again()
    {
        await using var server = await RedisServer.StartAsync(isDurable: true);
        var log = new EventLog();
        await using var engine = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default with { Log = log.Write });
        await engine.CommitAsync(new Commit(RecordChange.Update(Thing).Set("x", "1")));
        await server.KillAsync();
        await server.RestartAsync(["--min-replicas-to-write", "1"]);
        var reads = Enumerable.Range(0, 100).Select(_ => engine.ReadAsync(Thing).AsTask()).ToArray();

        // More refusals than there are reads: all of them come of one call, and meanwhile no read was sent again, unless on another connection.
        await RefusalsAsync(server, 150);
        var sent = await NumberAsync(server, "commandstats", "cmdstat_fcall_ro:calls=");
        Assert.InRange(sent, 100, (100 * log.Of("ConnectionLost").Count()) + 20);
        Assert.Equal("+OK", await server.CommandAsync("CONFIG", "SET", "min-replicas-to-write", "0"));
        Assert.All(await Task.WhenAll(reads), static reading => Assert.Equal("1", reading.Record!.Text("x")));
    }

    [Fact]
    public async Task A_read_that_waits_for_a_term_in_vain_tells_what_the_server_answered()
    {
        await using var server = await StartAnewAsync();
        await using var engine = await OpenAsync(server, new StateEngineOptions { CommitTimeout = TimeSpan.FromSeconds(10) });
        var fault = await Assert.ThrowsAsync<StateUnavailableException>(async () => await engine.ReadAsync(Thing));

        Assert.Contains("NOREPLICAS", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>The timer of whoever awaits the read, which runs in real time, is far behind the clock by which it is overdue when it is to be sent again.</summary>
    [Fact]
    public async Task A_read_that_is_overdue_when_it_is_to_be_sent_again_tells_that_too()
    {
        var clock = new StandingClock();
        await using var server = await StartAnewAsync();
        await using var engine = await OpenAsync(server, PatientOptions.Default with { Clock = clock });
        var read = engine.ReadAsync(Thing).AsTask();
        await RefusalsAsync(server, 1);
        clock.Move(PatientOptions.CommitTimeout + TimeSpan.FromSeconds(1));
        var fault = await Assert.ThrowsAsync<StateUnavailableException>(() => read);

        Assert.Contains("NOREPLICAS", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>A server that holds the record, and whose process is new to its partition.</summary>
    private static async Task<RedisServer> StartAnewAsync()
    {
        var server = await RedisServer.StartAsync(isDurable: true, arguments: ["--min-replicas-to-write", "0"]);
        await using (var before = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default))
        {
            await before.CommitAsync(new Commit(RecordChange.Update(Thing).Set("x", "1")));
        }

        await server.KillAsync();
        await server.RestartAsync();
        return server;
    }

    /// <summary>Opens an engine, and has the server refuse writes from then on.</summary>
    private static async Task<RedisEngine> OpenAsync(RedisServer server, StateEngineOptions options)
    {
        var engine = await RedisEngine.OpenAsync(server.ConnectionString, options);
        Assert.Equal("+OK", await server.CommandAsync("CONFIG", "SET", "min-replicas-to-write", "1"));
        return engine;
    }

    private static async Task RefusalsAsync(RedisServer server, long least)
    {
        var deadline = TimeProvider.System.GetTimestamp();
        while (await NumberAsync(server, "errorstats", "errorstat_NOREPLICAS:count=") < least)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(deadline) < TimeSpan.FromSeconds(60), "Nobody asked for the term.");
            await Task.Delay(10);
        }
    }

    private static async Task<long> NumberAsync(RedisServer server, string section, string before)
    {
        var line = (await server.AskAsync("INFO", section)).Split('\n').FirstOrDefault(line => line.StartsWith(before, StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line[before.Length..].Split(',')[0].Trim(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
