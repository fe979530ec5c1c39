using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Holdfast.Redis;
using Holdfast.TestServers;

namespace Holdfast.Tests.Redis;

public sealed class RedisFaultTests
{
    // What docs/engines.md promises.
    private const int MostCalls = 65_536;

    private static readonly Address Counter = new("counter", "c");
    private static readonly StateEngineOptions Hasty = new() { CommitTimeout = TimeSpan.FromMilliseconds(300) };

    [Fact]
    public async Task Each_acknowledged_commit_counts_once_though_the_store_is_killed_under_load()
    {
        await using var server = await RedisServer.StartAsync(isDurable: true);
        await using var engine = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default);
        var stop = false;
        var acknowledged = 0;
        var writers = Enumerable.Range(0, 100).Select(async _ =>
        {
            while (!Volatile.Read(ref stop))
            {
                Assert.True((await engine.CommitAsync(new Commit(RecordChange.Update(Counter).Add("n", 1)))).IsCommitted);
                Interlocked.Increment(ref acknowledged);
            }
        }).ToArray();
        for (var kill = 0; kill < 3; kill++)
        {
            var (before, patience) = (Volatile.Read(ref acknowledged), Stopwatch.StartNew());
            while (Volatile.Read(ref acknowledged) < before + 500)
            {
                Assert.DoesNotContain(writers, static writer => writer.IsCompleted);
                Assert.True(patience.Elapsed < TimeSpan.FromSeconds(120), $"Only {Volatile.Read(ref acknowledged) - before} of 500 commits were made.");
                await Task.Delay(1);
            }

            await server.KillAsync();
            await server.RestartAsync();
        }

        Volatile.Write(ref stop, true);
        await Task.WhenAll(writers);

        Assert.Equal(acknowledged, (await engine.ReadAsync(Counter)).Record!.Counter("n"));
    }

    [Fact]
    public async Task Each_commit_counts_once_though_connections_are_cut_before_the_answers_come()
    {
        await using var server = await RedisServer.StartAsync(isTcp: true);
        await using var proxy = new FaultProxy(server.Port);
        await using var engine = await RedisEngine.OpenAsync(proxy.ConnectionString, PatientOptions.Default);
        var made = 0;
        for (var round = 0; round < 10; round++)
        {
            proxy.Hold();
            var commits = Enumerable.Range(0, 200)
                .Select(_ => engine.CommitAsync(new Commit(RecordChange.Update(Counter).Add("n", 1))).AsTask()).ToArray();
            made += commits.Length;

            // The store has made some of them by now, and whether it has or not, no answer gets through.
            await server.CommandAsync("PING");
            proxy.Cut();
            await Task.WhenAll(commits);
        }

        Assert.Equal(made, (await engine.ReadAsync(Counter)).Record!.Counter("n"));
    }

    [Fact]
    public async Task A_commit_without_an_answer_is_unknown_and_one_that_was_never_sent_is_not()
    {
        await using var server = await RedisServer.StartAsync(isTcp: true);
        await using var proxy = new FaultProxy(server.Port);
        await using var engine = await HastyEngines.OpenAsync(proxy.ConnectionString, Hasty);
        var (commit, patience) = (new Commit(RecordChange.Update(Counter).Add("n", 1)), Stopwatch.StartNew());
        async Task<StateUnavailableException> FailAsync() => await Assert.ThrowsAnyAsync<StateUnavailableException>(async () => await engine.CommitAsync(commit));

        // On a busy machine there may be no time to send it.
        StateUnavailableException fault;
        do
        {
            proxy.Release();
            proxy.Hold();
            fault = await FailAsync();
        }
        while (fault is not CommitUnknownException && patience.Elapsed < TimeSpan.FromSeconds(60));

        Assert.IsType<CommitUnknownException>(fault);
        await server.KillAsync();
        proxy.Cut();
        do
        {
            fault = await FailAsync();
        }
        while (fault is CommitUnknownException && patience.Elapsed < TimeSpan.FromSeconds(120));

        Assert.IsType<StateUnavailableException>(fault);

        Assert.Contains("127.0.0.1", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_commit_goes_on_though_its_caller_has_gone()
    {
        await using var server = await RedisServer.StartAsync(isTcp: true);
        await using var proxy = new FaultProxy(server.Port);
        await using var engine = await RedisEngine.OpenAsync(proxy.ConnectionString, PatientOptions.Default);
        await using var watch = await engine.WatchAsync(Counter);
        proxy.Hold();
        using var gone = new CancellationTokenSource();
        var commit = engine.CommitAsync(new Commit(RecordChange.Update(Counter).Add("n", 1)), gone.Token).AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => commit);
        proxy.Release();
        await watch.WaitAsync().AsTask().WaitAsync(PatientOptions.Default.CommitTimeout);

        Assert.Equal(1, (await engine.ReadAsync(Counter)).Record!.Counter("n"));
    }

    [Fact]
    public async Task The_function_library_is_loaded_again_when_it_was_flushed()
    {
        await using var server = await RedisServer.StartAsync();
        await using var engine = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default);
        for (var round = 1; round <= 5; round++)
        {
            Assert.Equal("+OK", await server.CommandAsync("FUNCTION", "FLUSH", "SYNC"));
            await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => engine.CommitAsync(new Commit(RecordChange.Update(Counter).Add("n", 1))).AsTask()));
            Assert.Equal(50 * round, (await engine.ReadAsync(Counter)).Record!.Counter("n"));
        }
    }

    // The second has the functions, as the library of another release may, and does something else.
    [Theory]
    [InlineData("redis.register_function('theirs', function() return 1 end)")]
    [InlineData("""
        redis.register_function('theirs', function() return 1 end)
        redis.register_function({ function_name = 'hf1_digest', callback = function() return 'theirs' end, flags = { 'no-writes' } })
        redis.register_function({ function_name = 'hf1_read', callback = function() return { '', 0, 0 } end, flags = { 'no-writes' } })
        """)]
    public async Task A_foreign_library_of_the_same_name_is_named_and_left_alone(string functions)
    {
        await using var server = await RedisServer.StartAsync();
        await server.CommandAsync("FUNCTION", "LOAD", "#!lua name=holdfast1\n" + functions);
        var fault = await Assert.ThrowsAsync<StateMismatchException>(async () => await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default));

        Assert.Contains("FUNCTION DELETE holdfast1", fault.Message, StringComparison.Ordinal);
        Assert.Equal(":1", await server.CommandAsync("FCALL", "theirs", "0"));
    }

    [Fact]
    public void The_function_library_is_the_one_that_its_name_stands_for() =>
        Assert.True(
            FunctionLibrary.Digest == "a8415886036932ea3ca21bbe8fc7dcecd8bf6d037de93ba89826f8941331883a",
            $"holdfast1.lua has changed: its digest is {FunctionLibrary.Digest} now. A server that has the library keeps it, and refuses programs with another one of its name: "
            + "once holdfast1 was released, a change needs a new name (holdfast2) for the library and its functions, so that old and new programs run side by side.");

    [Fact]
    public async Task A_server_that_is_too_old_is_refused_with_its_version()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = AnswerHelloAsync(listener, "%2\r\n+server\r\n+redis\r\n+version\r\n+6.2.14\r\n");
        var fault = await Assert.ThrowsAsync<StateMismatchException>(
            async () => await RedisEngine.OpenAsync($"redis://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}", PatientOptions.Default));
        listener.Stop();
        await serving;

        Assert.Contains("is Redis 6.2.14: Holdfast needs Redis 7 or later", fault.Message, StringComparison.Ordinal);
    }

    // Whoever comes is told that; one says HELLO again when it was answered, and the fake ends with its listener.
    private static async Task AnswerHelloAsync(TcpListener listener, string answer)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                await using var stream = client.GetStream();
                var asked = new byte[1024];
                while (await stream.ReadAsync(asked) is > 0 and var count && Encoding.ASCII.GetString(asked, 0, count).Contains("HELLO", StringComparison.Ordinal))
                {
                    await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
                }
            }
        }
        catch (Exception error) when (error is SocketException or IOException or InvalidOperationException)
        {
            // The listener was stopped, or the client has gone.
        }
    }

    [Fact]
    public async Task A_server_that_does_not_synchronise_while_it_rewrites_its_file_is_not_taken_for_synchronised()
    {
        await using var server = await RedisServer.StartAsync(isDurable: true, arguments: ["--no-appendfsync-on-rewrite", "yes"]);
        await using var engine = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default);
        Assert.Equal(Durability.Memory, engine.Capabilities.Durability);
    }

    [Fact]
    public async Task A_request_that_another_has_made_is_a_replay_though_the_connection_was_lost_and_an_own_commit_is_none()
    {
        await using var server = await RedisServer.StartAsync(isTcp: true);
        await using var proxy = new FaultProxy(server.Port);
        await using var engine = await RedisEngine.OpenAsync(proxy.ConnectionString, PatientOptions.Default);
        await using var other = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default);
        var theirs = new Commit(RecordChange.Update(Counter).Add("n", 1)) { Request = new RequestId("theirs") };
        await other.CommitAsync(theirs);
        var made = await engine.ReadAsync(Counter);
        proxy.Hold();
        var replay = engine.CommitAsync(theirs).AsTask();
        var own = engine.CommitAsync(new Commit(RecordChange.Update(Counter).Add("n", 1)) { Request = new RequestId("own") }).AsTask();
        while ((await other.ReadAsync(Counter)).At == made.At)
        {
            await Task.Delay(1);
        }

        proxy.Cut();
        Assert.True((await replay).IsReplay);
        Assert.False((await own).IsReplay);
        Assert.Equal(2, (await engine.ReadAsync(Counter)).Record!.Counter("n"));
    }

    [Fact]
    public async Task A_wrong_password_is_refused_at_once_and_not_repeated_in_the_message()
    {
        await using var server = await RedisServer.StartAsync(password: "right");
        await using (await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default))
        {
        }

        var wrong = server.ConnectionString.Replace("right", "wr0ng", StringComparison.Ordinal);
        var fault = await Assert.ThrowsAsync<StateMismatchException>(async () => await RedisEngine.OpenAsync(wrong, PatientOptions.Default));
        Assert.DoesNotContain("wr0ng", fault.ToString(), StringComparison.Ordinal);
        var none = server.ConnectionString.Replace(":right@", "", StringComparison.Ordinal);
        await Assert.ThrowsAsync<StateMismatchException>(async () => await RedisEngine.OpenAsync(none, PatientOptions.Default));
    }

    [Fact]
    public async Task A_store_that_is_not_there_is_named()
    {
        var port = FreePort.Next();
        var fault = await Assert.ThrowsAsync<StateUnavailableException>(
            async () => await RedisEngine.OpenAsync($"redis://someone:s3cret@127.0.0.1:{port}", Hasty));

        Assert.Contains($"127.0.0.1:{port}", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_partition_count_is_refused_with_both_numbers()
    {
        await using var server = await RedisServer.StartAsync();
        await using (await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default with { PartitionCount = 16 }))
        {
        }

        var fault = await Assert.ThrowsAsync<StateMismatchException>(async () => await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default));
        Assert.Contains("has 16 partitions", fault.Message, StringComparison.Ordinal);
        Assert.Contains("say 256", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_engines_that_create_a_store_together_one_partition_count_wins()
    {
        await using var server = await RedisServer.StartAsync();
        var attempts = Enumerable.Range(0, 8).Select(async i =>
        {
            try
            {
                await using var engine = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default with { PartitionCount = i % 2 == 0 ? 16 : 32 });
                return engine.Options.PartitionCount;
            }
            catch (StateMismatchException)
            {
                return 0;
            }
        });
        var counts = await Task.WhenAll(attempts);

        Assert.Equal(4, counts.Count(count => count == 0));
        Assert.Single(counts.Where(count => count != 0).Distinct());
    }

    [Fact]
    public async Task A_server_that_evicts_is_refused()
    {
        await using var server = await RedisServer.StartAsync(arguments: ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]);
        var fault = await Assert.ThrowsAsync<StateMismatchException>(async () => await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default));

        Assert.Contains("noeviction", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_memory_is_full_updates_fail_and_removals_and_reads_do_not()
    {
        await using var server = await RedisServer.StartAsync(arguments: ["--maxmemory", "8mb"]);
        await using var engine = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default);
        var filled = 0;
        await Assert.ThrowsAsync<StateFullException>(async () =>
        {
            for (; filled < 1000; filled++)
            {
                await engine.CommitAsync(new Commit(RecordChange.Update(new Address("fill", "f", $"{filled}")).Set("x", new byte[100_000])));
            }
        });
        Assert.NotEqual(0, filled);
        Assert.NotNull((await engine.ReadAsync(new Address("fill", "f", "0"))).Record);
        for (var i = 0; i < filled; i++)
        {
            Assert.True((await engine.CommitAsync(new Commit(RecordChange.Delete(new Address("fill", "f", $"{i}")).When(Condition.Exists)))).IsCommitted);
        }

        Assert.True((await engine.CommitAsync(new Commit(RecordChange.Update(Counter).Add("n", 1)))).IsCommitted);
    }

    [Fact]
    public async Task A_replica_is_no_store()
    {
        await using var server = await RedisServer.StartAsync(arguments: ["--replicaof", "127.0.0.1", "1"]);
        await Assert.ThrowsAsync<StateUnavailableException>(async () => await RedisEngine.OpenAsync(server.ConnectionString, Hasty));
    }

    [Fact]
    public async Task As_many_calls_wait_for_a_stopped_store_as_is_promised_and_a_further_one_fails_at_once()
    {
        await using var server = await RedisServer.StartAsync(isTcp: true);
        await using var engine = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default);
        Task[] waiting;
        using (await PausedProcess.StopAsync(server.Pid))
        {
            waiting = [.. Enumerable.Range(0, MostCalls).Select(_ => engine.ReadAsync(Counter).AsTask())];
            var further = await Assert.ThrowsAsync<StateUnavailableException>(async () => await engine.ReadAsync(Counter));
            Assert.Contains($"{MostCalls} calls wait for the store", further.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(waiting, static call => call.IsCompleted);
        }

        await Task.WhenAll(waiting);
        Assert.Null((await engine.ReadAsync(Counter)).Record);
    }

    [Fact]
    public async Task Calls_wait_for_a_store_that_comes_back()
    {
        await using var server = await RedisServer.StartAsync(isDurable: true);
        await using var engine = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default);
        await engine.CommitAsync(new Commit(RecordChange.Update(Counter).Add("n", 1)));
        await server.KillAsync();
        var commit = engine.CommitAsync(new Commit(RecordChange.Update(Counter).Add("n", 1))).AsTask();
        var read = engine.ReadAsync(Counter).AsTask();
        await server.RestartAsync();

        Assert.True((await commit).IsCommitted);
        Assert.NotNull((await read).Record);
    }

    [Fact]
    public async Task A_server_whose_first_answers_take_longer_than_one_may_take_together_is_connected_to()
    {
        await using var server = await RedisServer.StartAsync(isTcp: true);
        await using var proxy = new FaultProxy(server.Port);
        proxy.FromStore.Delay = TimeSpan.FromMilliseconds(400);
        var before = Stopwatch.StartNew();
        await using var engine = await RedisEngine.OpenAsync(proxy.ConnectionString, new StateEngineOptions { CommitTimeout = TimeSpan.FromSeconds(60) });
        Assert.True(before.Elapsed > LinkKeeper.DialTimeout, "The answers came too soon for the test to tell anything.");
        await engine.ReadAsync(Counter);
    }

    [Fact]
    public async Task Time_in_which_the_process_itself_stood_still_is_no_silence_of_the_store()
    {
        await using var server = await RedisServer.StartAsync(isTcp: true);
        await using var proxy = new FaultProxy(server.Port);
        var (clock, log) = (new StandingClock(), new EventLog());
        await using var engine = await RedisEngine.OpenAsync(proxy.ConnectionString, new StateEngineOptions { Clock = clock, Log = log.Write });

        // What the store says meanwhile is here only after the connection was looked at: as when all of a process goes on at once.
        for (var stop = 0; stop < 3; stop++)
        {
            proxy.Hold();
            clock.Move(TimeSpan.FromSeconds(30));
            await MorePingsAsync(server);
            proxy.Release();
            await engine.ReadAsync(Counter);
        }

        Assert.Empty(log.Of("ConnectionLost"));

        // As much time without a word that passes while the process runs is silence.
        proxy.Hold();
        while (!log.Of("ConnectionLost").Any())
        {
            clock.Move(TimeSpan.FromMilliseconds(250));
            await Task.WhenAny(MorePingsAsync(server), log.SeeAsync("ConnectionLost"));
        }

        Assert.Contains("Nothing came for 2 s", log.Of("ConnectionLost").First().Message, StringComparison.Ordinal);
        proxy.Release();
    }

    /// <summary>Waits until the server was asked whether it lives, twice more.</summary>
    private static async Task MorePingsAsync(RedisServer server)
    {
        var (first, deadline) = (await PingsAsync(server), Stopwatch.StartNew());
        while (await PingsAsync(server) < first + 2)
        {
            Assert.True(deadline.Elapsed < TimeSpan.FromSeconds(60), "Nobody asks the store whether it lives.");
            await Task.Delay(10);
        }
    }

    private static async Task<long> PingsAsync(RedisServer server)
    {
        var calls = (await server.AskAsync("INFO", "commandstats")).Split('\n').SingleOrDefault(static line => line.StartsWith("cmdstat_ping:calls=", StringComparison.Ordinal));
        return calls is null ? 0 : long.Parse(calls.AsSpan(calls.IndexOf('=') + 1, calls.IndexOf(',') - calls.IndexOf('=') - 1), CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task Disposing_fails_what_is_under_way_and_what_comes_after()
    {
        await using var server = await RedisServer.StartAsync(isTcp: true);
        await using var proxy = new FaultProxy(server.Port);
        var engine = await RedisEngine.OpenAsync(proxy.ConnectionString, PatientOptions.Default);
        proxy.Hold();
        var read = engine.ReadAsync(Counter).AsTask();
        await engine.DisposeAsync();

        await Assert.ThrowsAsync<StateUnavailableException>(() => read);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await engine.ReadAsync(Counter));
    }

    [Fact]
    public async Task A_store_that_was_emptied_is_made_anew()
    {
        await using var server = await RedisServer.StartAsync();
        await using var engine = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default);
        var before = await engine.CommitAsync(new Commit(RecordChange.Update(Counter).Add("n", 1)));

        // A term is named after its millisecond: the store must not be emptied in the one in which it began.
        while (DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() <= before.At.Term)
        {
            await Task.Yield();
        }

        await server.CommandAsync("FLUSHALL");
        await engine.CommitAsync(new Commit(RecordChange.Update(Counter).Add("n", 1)));

        Assert.Equal(1, (await engine.ReadAsync(Counter)).Record!.Counter("n"));
        Assert.False((await engine.ReadHeadAsync(before.At.Partition)).Contains(before.At));
        var deadline = Stopwatch.StartNew();
        while (await server.CommandAsync("HGET", "hf:@store", "partitions") != "$3")
        {
            Assert.True(deadline.Elapsed < TimeSpan.FromSeconds(50), "The store's record was not written again.");
            await Task.Delay(10);
        }
    }
}
