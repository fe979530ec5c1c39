using Holdfast.TestServers;

namespace Holdfast.Tests.Registry;

public sealed class ServiceRegistryTests : IAsyncLifetime
{
    private static readonly ServiceDeclaration Shop = new("shop", ["/", "/shop"], "/healthz");
    private static readonly Uri Url = new("http://127.0.0.1:5001");
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private RedisServer store = null!;
    private StateEngine writer = null!;
    private StateEngine reader = null!;
    private ServiceRegistry registry = null!;

    public async ValueTask InitializeAsync()
    {
        store = await RedisServer.StartAsync();
        writer = await RedisEngine.OpenAsync(store.ConnectionString, PatientOptions.Default);
        reader = await RedisEngine.OpenAsync(store.ConnectionString, PatientOptions.Default);
        registry = new ServiceRegistry(writer);
    }

    public async ValueTask DisposeAsync()
    {
        await reader.DisposeAsync();
        await writer.DisposeAsync();
        await store.DisposeAsync();
    }

    [Fact]
    public async Task What_is_registered_is_read()
    {
        await registry.DeclareAsync(Shop);
        await registry.RegisterAsync(Shop, "shop-2", Url, InstanceState.Ready);
        await registry.RegisterAsync(Shop, "shop-1", Url);
        await registry.DeclareAsync(new ServiceDeclaration("admin", ["/admin"], "/"));

        var snapshot = await new ServiceRegistry(reader).ReadAsync();

        Assert.Equal(["admin", "shop"], snapshot.Services.Select(service => service.Name));
        Assert.Equal(Shop, snapshot["shop"]!.Declaration);
        Assert.Equal(
            [new RegisteredInstance("shop-1", Url, InstanceState.Starting), new RegisteredInstance("shop-2", Url, InstanceState.Ready)],
            snapshot["shop"]!.Instances);
    }

    [Theory]
    [InlineData("localhost:5001")]
    [InlineData("tcp://127.0.0.1:5001")]
    [InlineData("/relative")]
    public async Task What_no_gateway_can_send_requests_to_is_not_registered_and_not_told_of_where_it_is(string url)
    {
        var wrong = new Uri(url, UriKind.RelativeOrAbsolute);
        Assert.Contains("of http or https", (await Assert.ThrowsAsync<ArgumentException>(async () => await registry.RegisterAsync(Shop, "shop-1", wrong))).Message, StringComparison.Ordinal);
        await registry.RegisterAsync(Shop, "shop-1", Url, InstanceState.Ready);
        Assert.Single((await registry.ReadAsync())["shop"]!.Instances);
        var lease = (await writer.ReadAsync(RegistryRecords.Instance("shop", "shop-1"))).Record!;
        await writer.CommitAsync(new Commit(RecordChange.Update(lease.Address).Set("url", url)));
        Assert.Empty((await registry.ReadAsync())["shop"]!.Instances);
    }

    [Fact]
    public async Task Settings_that_a_declaration_has_no_more_go_with_what_else_changes()
    {
        var address = new Address("service", "shop");
        await registry.DeclareAsync(new ServiceDeclaration("shop", ["/"], "/healthz") { Settings = new Dictionary<string, string> { ["balance"] = "hash ip", ["queue"] = "7" } });
        var before = (await writer.ReadAsync(address)).Record!;

        var declaration = new ServiceDeclaration("shop", ["/other"], "/healthz") { Settings = new Dictionary<string, string> { ["queue"] = "8" } };
        await registry.DeclareAsync(declaration);

        Assert.Equal(declaration, (await registry.ReadAsync())["shop"]!.Declaration);
        Assert.Equal(before.Revision + 1, (await writer.ReadAsync(address)).Record!.Revision);
    }

    [Fact]
    public async Task More_instances_than_one_read_takes_are_all_read()
    {
        // Side by side, as the first of them holds for 15 s only.
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async i => await registry.RegisterAsync(Shop, $"shop-{i}", Url)));
        Assert.Equal(100, (await registry.ReadAsync())["shop"]!.Instances.Count);
    }

    [Fact]
    public async Task A_removed_instance_leaves_neither_lease_nor_listing()
    {
        var registration = await registry.RegisterAsync(Shop, "shop-1", Url);
        await registration.RemoveAsync();

        Assert.Empty((await registry.ReadAsync())["shop"]!.Instances);
        Assert.Equal(0, await registry.SweepAsync("shop"));
        Assert.Null((await writer.ReadAsync(new Address("instance", "shop", "shop-1"))).Record);
    }

    [Fact]
    public async Task A_withdrawn_service_is_gone_with_its_instances()
    {
        await registry.RegisterAsync(Shop, "shop-1", Url);
        await registry.WithdrawAsync("shop");

        Assert.Empty((await registry.ReadAsync()).Services);
        Assert.Null((await writer.ReadAsync(new Address("instance", "shop", "shop-1"))).Record);
    }

    [Fact]
    public async Task A_later_registration_of_a_name_replaces_the_earlier_one_which_changes_nothing_any_more()
    {
        var earlier = await registry.RegisterAsync(Shop, "shop-1", Url, InstanceState.Ready);
        var later = await registry.RegisterAsync(Shop, "shop-1", new Uri("http://127.0.0.1:5002"));

        Assert.False(await earlier.RenewAsync());
        Assert.False(await earlier.SetStateAsync(InstanceState.Failed));
        await earlier.RemoveAsync();
        Assert.Equal([later.Instance], (await registry.ReadAsync())["shop"]!.Instances);
        Assert.True(await later.RenewAsync());
    }

    [Fact]
    public async Task A_lease_that_ran_out_is_unlisted_by_sweeping_and_taken_again_by_renewing()
    {
        var registration = await registry.RegisterAsync(Shop, "shop-1", Url, InstanceState.Ready);
        await writer.CommitAsync(new Commit(RecordChange.Delete(new Address("instance", "shop", "shop-1"))));
        Assert.Empty((await registry.ReadAsync())["shop"]!.Instances);

        Assert.Equal(1, await registry.SweepAsync("shop"));
        Assert.True(await registration.RenewAsync());

        Assert.Equal([registration.Instance], (await registry.ReadAsync())["shop"]!.Instances);
        Assert.Equal(0, await registry.SweepAsync("shop"));
    }

    [Fact]
    public async Task A_lease_lasts_for_its_lifetime_after_each_renewal()
    {
        var registration = await registry.RegisterAsync(Shop, "shop-1", Url);
        await writer.CommitAsync(new Commit(RecordChange.Keep(new Address("instance", "shop", "shop-1")).ExpireAfter(TimeSpan.FromSeconds(2))));

        Assert.True(await registration.RenewAsync());

        var lease = (await writer.ReadAsync(new Address("instance", "shop", "shop-1"))).Record!;
        Assert.InRange(lease.TimeToLive(TimeProvider.System)!.Value, TimeSpan.FromSeconds(3), ServiceRegistry.LeaseLifetime);
    }

    [Fact]
    public async Task A_follower_is_told_of_joins_drains_and_removals()
    {
        await using var followed = new Following(new ServiceRegistry(reader));
        await followed.UntilAsync(snapshot => snapshot.Services.Count == 0);

        var registration = await registry.RegisterAsync(Shop, "shop-1", Url);
        await followed.UntilAsync(snapshot => snapshot["shop"]?.Instances is [{ State: InstanceState.Starting }]);
        await registration.SetStateAsync(InstanceState.Ready);
        await followed.UntilAsync(snapshot => snapshot["shop"]?.Instances is [{ State: InstanceState.Ready }]);
        await registration.SetStateAsync(InstanceState.Draining);
        await followed.UntilAsync(snapshot => snapshot["shop"]?.Instances is [{ State: InstanceState.Draining }]);
        await registration.RemoveAsync();
        await followed.UntilAsync(snapshot => snapshot["shop"]?.Instances is []);
        await registry.WithdrawAsync("shop");
        await followed.UntilAsync(snapshot => snapshot["shop"] is null);
    }

    [Fact]
    public async Task A_lease_that_runs_out_is_told_though_nobody_removes_it()
    {
        await registry.RegisterAsync(Shop, "shop-1", Url, InstanceState.Ready);
        await using var followed = new Following(new ServiceRegistry(reader));
        await followed.UntilAsync(snapshot => snapshot["shop"]?.Instances.Count == 1);

        await writer.CommitAsync(new Commit(RecordChange.Keep(new Address("instance", "shop", "shop-1")).ExpireAfter(TimeSpan.FromMilliseconds(1))));

        await followed.UntilAsync(snapshot => snapshot["shop"]?.Instances.Count == 0);
    }

    [Fact]
    public async Task A_store_that_comes_back_empty_is_filled_again_by_renewing_and_followers_miss_nothing_meanwhile()
    {
        var registration = await registry.RegisterAsync(Shop, "shop-1", Url, InstanceState.Ready);
        await using var followed = new Following(new ServiceRegistry(reader));
        await followed.UntilAsync(snapshot => snapshot["shop"]?.Instances.Count == 1);

        await store.KillAsync();
        await store.RestartAsync();
        Assert.True(await registration.RenewAsync());
        await registration.SetStateAsync(InstanceState.Draining);

        await followed.UntilAsync(snapshot => snapshot["shop"]?.Instances is [{ State: InstanceState.Draining }]);
        Assert.All(followed.Told, snapshot => Assert.Single(snapshot["shop"]!.Instances));
    }

    [Theory]
    [InlineData("routes", "no path")]
    [InlineData("health", "?")]
    public async Task A_service_whose_record_cannot_be_understood_any_more_stays_as_it_was_and_the_log_says_why(string field, string text)
    {
        var log = new System.Collections.Concurrent.ConcurrentQueue<EngineEvent>();
        await using var engine = await RedisEngine.OpenAsync(store.ConnectionString, PatientOptions.Default with { Log = log.Enqueue });
        await registry.RegisterAsync(Shop, "shop-1", Url, InstanceState.Ready);
        await using var followed = new Following(new ServiceRegistry(engine));
        await followed.UntilAsync(static snapshot => snapshot["shop"]?.Instances.Count == 1);

        await writer.CommitAsync(new Commit(RecordChange.Update(RegistryRecords.Service("shop")).Set(field, text)));
        await (await registry.RegisterAsync(new ServiceDeclaration("blog", ["/blog"], "/"), "blog-1", Url)).SetStateAsync(InstanceState.Ready);
        await followed.UntilAsync(static snapshot => snapshot["blog"]?.Instances is [{ State: InstanceState.Ready }]);

        Assert.All(followed.Told, static snapshot => Assert.Equal((Shop, 1), (snapshot["shop"]?.Declaration, snapshot["shop"]?.Instances.Count)));
        var told = Assert.Single(log, static said => said.Name == "DeclarationUnreadable").Message;
        Assert.Contains("shop can't be understood, and it stays as it was", told, StringComparison.Ordinal);
        Assert.Contains($"'{text}'", told, StringComparison.Ordinal);

        await registry.DeclareAsync(new ServiceDeclaration("shop", ["/new"], "/"));
        await followed.UntilAsync(static snapshot => snapshot["shop"]?.Declaration.Routes is ["/new"]);
    }

    /// <summary>Reads a follower, and remembers everything that it told.</summary>
    private sealed class Following(ServiceRegistry registry) : IAsyncDisposable
    {
        private readonly IAsyncEnumerator<RegistrySnapshot> snapshots = registry.FollowAsync().GetAsyncEnumerator();

        public List<RegistrySnapshot> Told { get; } = [];

        public async Task UntilAsync(Func<RegistrySnapshot, bool> condition)
        {
            do
            {
                Assert.True(await snapshots.MoveNextAsync().AsTask().WaitAsync(Deadline));
                Told.Add(snapshots.Current);
            }
            while (!condition(snapshots.Current));
        }

        public ValueTask DisposeAsync() => snapshots.DisposeAsync();
    }
}
