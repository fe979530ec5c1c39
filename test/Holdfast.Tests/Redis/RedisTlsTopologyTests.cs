using Holdfast.TestServers;

namespace Holdfast.Tests.Redis;

/// <summary>TLS all the way: real sentinels and a real cluster that speak it among themselves too, with certificates for names and for addresses.</summary>
public sealed class RedisTlsTopologyTests
{
    private const string HostName = "localhost";
    private const string HostAddress = "127.0.0.1";

    private static readonly Address Counter = new("counter", "c");
    private static readonly StateEngineOptions Patient = new() { CommitTimeout = TimeSpan.FromSeconds(60) };

    [Theory]
    [InlineData(HostName)]
    [InlineData(HostAddress)]
    public async Task Sentinels_lead_over_TLS_to_a_master_by_the_name_or_address_that_certificates_have_and_to_the_next_one(string name)
    {
        using var authority = new TestAuthority(name);
        await using var trio = await SentinelTrio.StartAsync(password: "pw", tls: authority);
        await using var engine = await RedisEngine.OpenAsync($"{trio.ConnectionString}?ca={authority.File}", Patient);
        await CountAsync(engine, 1);
        await trio.Replica.UntilAsync(":1", "EXISTS", "hf:@store");
        await trio.SwitchAsync();

        // What was acknowledged last the replica may lack; that calls get there is what counts here.
        await trio.Master.UntilAsync("role:master", "INFO", "replication");
        Assert.True((await engine.CommitAsync(new Commit(RecordChange.Update(Counter).Add("n", 1)))).IsCommitted);
        await using var other = await RedisEngine.OpenAsync($"{trio.Places},serviceName={SentinelTrio.Name},password=pw,ssl=true,ca={authority.File}", Patient);
        Assert.NotNull((await other.ReadAsync(Counter)).Record);
    }

    [Fact]
    public async Task Sentinels_and_servers_that_are_not_trusted_are_told_once_with_the_remedy()
    {
        using var authority = new TestAuthority();
        using var stranger = new TestAuthority();
        await using var trio = await SentinelTrio.StartAsync(tls: authority);
        Assert.Contains($"no authority in {stranger.File} signed it", await RefusalAsync($"{trio.ConnectionString}?ca={stranger.File}"), StringComparison.Ordinal);
        Assert.Contains("?ca=FILE", await RefusalAsync(trio.ConnectionString), StringComparison.Ordinal);
        await PlainIsToldAsync(trio.ConnectionString.Replace("rediss+", "redis+", StringComparison.Ordinal));
        var elsewhere = $"{trio.ConnectionString.Replace(HostName, HostAddress, StringComparison.Ordinal)}?ca={authority.File}";
        Assert.Contains($"it is not for the name {HostAddress}", await RefusalAsync(elsewhere), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sentinels_that_tell_an_address_which_the_certificate_does_not_name_are_told_with_the_remedy()
    {
        using var authority = new TestAuthority();
        await using var trio = await SentinelTrio.StartAsync(tls: authority, announced: HostAddress);
        var address = $"{trio.ConnectionString}?ca={authority.File}";
        var refusal = await RefusalAsync(address);
        Assert.Contains($"it is not for the name {HostAddress}", refusal, StringComparison.Ordinal);
        Assert.Contains("?host=NAME", refusal, StringComparison.Ordinal);
        await using var engine = await RedisEngine.OpenAsync($"{address}&host={HostName}", Patient);
        await CountAsync(engine, 1);
    }

    [Theory]
    [InlineData(HostName)]
    [InlineData(HostAddress)]
    public async Task A_cluster_is_used_over_TLS_by_the_names_or_addresses_that_its_nodes_announce_while_a_slot_moves_and_a_primary_dies(string name)
    {
        using var authority = new TestAuthority(name);
        using var stranger = new TestAuthority(name);
        await using var cluster = await RedisCluster.StartAsync(tls: authority);
        Assert.Contains($"no authority in {stranger.File} signed it", await RefusalAsync($"{cluster.ConnectionString}?ca={stranger.File}"), StringComparison.Ordinal);
        Assert.Contains("?ca=FILE", await RefusalAsync(cluster.ConnectionString), StringComparison.Ordinal);
        await PlainIsToldAsync(cluster.ConnectionString.Replace("rediss:", "redis:", StringComparison.Ordinal));

        await using var engine = await RedisEngine.OpenAsync($"{cluster.ConnectionString}?ca={authority.File}", Patient);
        string[] affinities = [.. Enumerable.Range(0, 30).Select(static i => $"u{i}")];
        var writers = new CountingWriters(engine, affinities);
        await writers.MakeAsync(300);
        var slot = engine.Partitions.PartitionOf(affinities[0]) * (RedisCluster.Slots / engine.Partitions.Count);
        var from = await cluster.PrimaryOfAsync(slot);
        await cluster.MoveSlotAsync(slot, (await cluster.NodesAsync()).First(node => node.IsPrimary && node.Server != from).Server);
        await writers.MakeAsync(300);
        await cluster.FailOverAsync(from);
        await writers.MakeAsync(300);
        Assert.All(await writers.StopAsync(), static count => Assert.InRange(count.Found, 1, count.Acknowledged));
    }

    [Fact]
    public async Task A_cluster_that_tells_addresses_which_the_certificate_does_not_name_is_told_with_the_remedy()
    {
        using var authority = new TestAuthority();
        await using var cluster = await RedisCluster.StartAsync(tls: authority, announced: HostAddress);
        var address = $"{cluster.ConnectionString}?ca={authority.File}";
        var refusal = await RefusalAsync(address);
        Assert.Contains($"it is not for the name {HostAddress}", refusal, StringComparison.Ordinal);
        Assert.Contains("?host=NAME", refusal, StringComparison.Ordinal);
        await using var engine = await RedisEngine.OpenAsync($"{address}&host={HostName}", Patient);
        await CountAsync(engine, 1);
    }

    private static async Task CountAsync(RedisEngine engine, long expected)
    {
        await engine.CommitAsync(new Commit(RecordChange.Update(Counter).Add("n", 1)));
        Assert.Equal(expected, (await engine.ReadAsync(Counter)).Record!.Counter("n"));
    }

    // A server cuts off what is no TLS, which may pass and is tried again until the deadline. On a busy machine that may come before it has cut anything off.
    private static async Task PlainIsToldAsync(string connection)
    {
        var hasty = new StateEngineOptions { CommitTimeout = TimeSpan.FromMilliseconds(500) };
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        StateException told;
        do
        {
            patience.Token.ThrowIfCancellationRequested();
            told = await Assert.ThrowsAnyAsync<StateException>(async () => await RedisEngine.OpenAsync(connection, hasty));
        }
        while (!told.Message.Contains("begin the connection string with rediss:// or rediss+sentinel://", StringComparison.Ordinal));
    }

    private static async Task<string> RefusalAsync(string connection) =>
        (await Assert.ThrowsAsync<StateMismatchException>(async () => await RedisEngine.OpenAsync(connection, Patient))).Message;
}
