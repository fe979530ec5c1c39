using System.Text;
using Holdfast.TestServers;

namespace Holdfast.Tests.Redis;

public sealed class RedisEngineTests : IAsyncLifetime
{
    private RedisServer server = null!;
    private RedisEngine engine = null!;

    public async ValueTask InitializeAsync()
    {
        server = await RedisServer.StartAsync();
        engine = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default);
    }

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_commit_is_read_back_with_its_revision_birth_fields_and_deadline()
    {
        var cart = new Address("cart", "u42");
        var result = await engine.CommitAsync(new Commit(
            RecordChange.Update(cart).When(Condition.Absent).Set("note", "grüße").Add("sku:1", 2).ExpireAfter(TimeSpan.FromMinutes(1))));
        Assert.True(result.IsCommitted);
        var again = await engine.CommitAsync(new Commit(RecordChange.Update(cart).Add("sku:1", 3).Max("top", -5)));
        var read = await engine.ReadAsync(cart);

        Assert.Equal(1, read.Record!.Birth);
        Assert.Equal(2, read.Record.Revision);
        Assert.Equal("grüße", read.Record.Text("note"));
        Assert.Equal(5, read.Record.Counter("sku:1"));
        Assert.Equal(-5, read.Record.Counter("top"));
        Assert.InRange(read.Record.TimeToLive(TimeProvider.System)!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        Assert.Equal(again.At, read.At);
        Assert.Equal("2", read.At.Revision.ToString());
    }

    [Fact]
    public async Task A_refused_commit_names_the_condition_and_the_record()
    {
        var cart = new Address("cart", "u42");
        await engine.CommitAsync(new Commit(RecordChange.Update(cart).Set("a", "1")));
        var result = await engine.CommitAsync(new Commit(
            RecordChange.Update(cart).When(Condition.Exists).When(Condition.FieldIs("a", "2"u8.ToArray())).Set("a", "3")));

        Assert.Equal(CommitOutcome.Refused, result.Outcome);
        Assert.Equal(0, result.Refusal!.Change);
        Assert.Equal(ConditionKind.FieldIs, result.Refusal.Condition.Kind);
        Assert.Equal("1", result.Refusal.Current!.Text("a"));
    }

    [Fact]
    public async Task A_request_id_takes_effect_once_and_tells_a_different_commit()
    {
        var cart = new Address("cart", "u42");
        Commit Adding(long count) => new(RecordChange.Update(cart).Add("n", count)) { Request = new RequestId("r 1", "step") };

        var first = await engine.CommitAsync(Adding(2));
        var second = await engine.CommitAsync(Adding(2));
        var other = await engine.CommitAsync(Adding(3));

        Assert.False(first.IsReplay);
        Assert.True(second.IsReplay);
        Assert.Equal(first.At, second.At);
        Assert.Equal(2, second.Records[0]!.Counter("n"));
        Assert.Equal(CommitOutcome.DifferentCommit, other.Outcome);
    }

    [Fact]
    public async Task Events_are_read_in_order_after_a_position()
    {
        for (var i = 0; i < 3; i++)
        {
            await engine.CommitAsync(new Commit
            {
                Affinity = "room",
                Events = [new NewEvent($"a{i}", Encoding.UTF8.GetBytes($"p{i}")), new NewEvent($"b{i}", default)],
            });
        }

        var partition = engine.Partitions.PartitionOf("room");
        var page = await engine.ReadJournalAsync(partition, new JournalPosition(1, 0));

        Assert.Equal(["b0", "a1", "b1", "a2", "b2"], page.Events.Select(e => e.Type));
        Assert.Equal("p1", Encoding.UTF8.GetString(page.Events[1].Payload.Span));
        Assert.False(page.HasGap);
        Assert.Equal(3, page.At.Revision);
    }

    [Fact]
    public async Task A_watch_tells_changes_of_this_engine_and_of_another()
    {
        await using var other = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default);
        var address = new Address("room", "r1");
        await using var watch = await engine.WatchAsync(address);
        await using var head = await engine.WatchAsync(engine.Partitions.PartitionOf(address));
        var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(50)).Token;
        foreach (var writer in new[] { other, engine, other, other, engine })
        {
            var made = await writer.CommitAsync(new Commit(RecordChange.Update(address).Add("n", 1)));
            long seen;
            do
            {
                await watch.WaitAsync(timeout);
                seen = (await engine.ReadAsync(address)).At.Revision;
            }
            while (seen < made.At.Revision);

            await head.WaitAsync(timeout);
        }
    }

    [Fact]
    public async Task Signals_reach_who_listens_in_any_engine()
    {
        await using var other = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default);
        await using var here = await engine.ListenAsync("typing");
        await using var there = await other.ListenAsync("typing");
        await engine.SignalAsync("typing", "x"u8.ToArray());
        foreach (var subscription in new[] { here, there })
        {
            await foreach (var payload in subscription.ReadAllAsync())
            {
                Assert.Equal("x", Encoding.UTF8.GetString(payload.Span));
                break;
            }
        }
    }

    [Fact]
    public async Task A_scan_tells_every_record_of_the_kind_in_the_partition()
    {
        for (var i = 0; i < 150; i++)
        {
            await engine.CommitAsync(new Commit(
                RecordChange.Update(new Address("order", "u1", $"{i}")).Add("n", i),
                RecordChange.Update(new Address("cart", "u1", $"{i}")).Add("n", i)));
        }

        var found = new HashSet<string>();
        await foreach (var record in engine.ScanAsync(engine.Partitions.PartitionOf("u1"), "order"))
        {
            found.Add(record.Address.ToString());
        }

        Assert.Equal(150, found.Count);
        Assert.All(found, address => Assert.StartsWith("order/u1/", address));
    }
}
