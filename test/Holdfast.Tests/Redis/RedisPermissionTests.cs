using Holdfast.Redis;
using Holdfast.TestServers;

namespace Holdfast.Tests.Redis;

/// <summary>The least rights that docs/engines.md lists: enough for everything, and each of them needed.</summary>
public sealed class RedisPermissionTests : IAsyncLifetime
{
    private static readonly string[] Optional = ["+config|get", "+select", "+hsetnx"];

    private RedisServer server = null!;

    private string Connection => server.ConnectionString.Replace("redis+unix://", "redis+unix://limited:pw@", StringComparison.Ordinal);

    public async ValueTask InitializeAsync()
    {
        server = await RedisServer.StartAsync(isDurable: true);
        await LimitAsync(PermissionCheck.Rules.Split(' '));
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public void The_page_lists_the_rules()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "engines.md"));
        Assert.Contains(PermissionCheck.Rules, page, StringComparison.Ordinal);
        Assert.Contains(PermissionCheck.ClusterRules, page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_listed_rights_are_enough_for_everything()
    {
        await using var engine = await RedisEngine.OpenAsync(Connection, PatientOptions.Default);
        await using var other = await RedisEngine.OpenAsync(Connection, PatientOptions.Default);
        var thing = new Address("thing", "t", "1");
        var partition = engine.Partitions.PartitionOf(thing);
        await using var watch = await engine.WatchAsync(thing);
        await using var listening = await engine.ListenAsync("channel");
        await other.CommitAsync(new Commit(RecordChange.Update(thing).Set("a", "1").Add("n", 2).Max("m", 3).ExpireAfter(TimeSpan.FromHours(1)))
        {
            Events = [new NewEvent("told", "x"u8.ToArray())],
            Request = new RequestId("r"),
        });
        await watch.WaitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(50)).Token);
        await other.CommitAsync(new Commit(RecordChange.Update(thing).Remove("a").NeverExpire()));
        await other.CommitAsync(new Commit(RecordChange.Keep(thing).ExpireAfter(TimeSpan.FromHours(1))));
        Assert.Equal(2, (await engine.ReadAsync(thing)).Record!.Counter("n"));
        Assert.Single((await engine.ReadJournalAsync(partition, JournalPosition.Start)).Events);
        Assert.Single(await engine.ScanAsync(partition, "thing").ToListAsync());
        Assert.True((await engine.ReadHeadAsync(partition)).Revision > 0);
        await other.SignalAsync("channel", "x"u8.ToArray());
        await foreach (var _ in listening.ReadAllAsync())
        {
            break;
        }

        Assert.True((await engine.CommitAsync(new Commit(RecordChange.Delete(thing)))).IsCommitted);
        Assert.Equal(Durability.Synced, engine.Capabilities.Durability);
    }

    [Fact]
    public async Task Each_right_that_is_missing_is_named_with_the_remedy_when_the_engine_opens()
    {
        var rules = PermissionCheck.Rules.Split(' ');
        await using (await RedisEngine.OpenAsync(Connection, PatientOptions.Default))
        {
        }

        foreach (var missing in rules.Except(Optional))
        {
            await LimitAsync([.. rules.Where(rule => rule != missing)]);
            var fault = await Assert.ThrowsAsync<StateMismatchException>(async () => await RedisEngine.OpenAsync(Connection, PatientOptions.Default));
            Assert.Contains("ACL SETUSER NAME " + PermissionCheck.Rules, fault.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("limited", fault.Message, StringComparison.Ordinal);
            if (missing.StartsWith('+'))
            {
                Assert.Contains(missing[1..].Split('|')[0].ToUpperInvariant(), fault.Message.Split("Allow it")[0], StringComparison.Ordinal);
            }
        }

        foreach (var optional in Optional)
        {
            await LimitAsync([.. rules.Where(rule => rule != optional)]);
            await using var engine = await RedisEngine.OpenAsync(Connection, PatientOptions.Default);
            Assert.Equal(optional == "+config|get" ? Durability.Memory : Durability.Synced, engine.Capabilities.Durability);
        }
    }

    private async Task LimitAsync(string[] rules) =>
        Assert.Equal("+OK", await server.CommandAsync(["ACL", "SETUSER", "limited", "reset", "on", ">pw", "resetchannels", .. rules]));
}
