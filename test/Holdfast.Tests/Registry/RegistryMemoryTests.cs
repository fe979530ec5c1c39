namespace Holdfast.Tests.Registry;

public sealed class RegistryMemoryTests
{
    private static readonly ServiceDeclaration Shop = new("shop", ["/"], "/healthz");
    private readonly StoppedClock clock = new();
    private readonly RegistryMemory memory;

    public RegistryMemoryTests()
    {
        memory = new RegistryMemory(clock);
        Read(Found(["a", "b"], Ready("a"), Ready("b")));
    }

    [Fact]
    public void A_lease_that_ends_while_the_store_is_there_takes_its_instance_out_at_once()
    {
        Assert.Equal(["a"], Read(Found(["a", "b"], Ready("a"))));
    }

    [Fact]
    public void A_ready_instance_whose_lease_ran_out_while_the_store_was_away_stays_for_the_grace()
    {
        memory.StoreIsAway();

        Assert.Equal(["a", "b"], Read(Found(["a", "b"], Ready("a"))));
        clock.Pass(ServiceRegistry.ReturnGrace - TimeSpan.FromMilliseconds(1));
        Assert.Equal(["a", "b"], Read(Found(["a", "b"], Ready("a"))));
        clock.Pass(TimeSpan.FromMilliseconds(1));
        Assert.Equal(["a"], Read(Found(["a", "b"], Ready("a"))));
    }

    [Fact]
    public void A_lease_that_runs_out_just_after_the_return_counts_as_one_that_ran_out_before()
    {
        memory.StoreIsAway();

        Assert.Equal(["a", "b"], Read(Found(["a", "b"], Ready("a"), Ready("b"))));
        Assert.Equal(["a", "b"], Read(Found(["a", "b"])));
    }

    [Fact]
    public void What_was_taken_out_is_not_kept()
    {
        memory.StoreIsAway();

        Assert.Equal(["a"], Read(Found(["a"])));
    }

    [Fact]
    public void A_service_that_was_withdrawn_is_not_kept()
    {
        memory.StoreIsAway();

        Assert.Empty(Read(Sighting(null, [], term: 1)));
    }

    [Fact]
    public void What_failed_is_not_kept()
    {
        memory.StoreIsAway();
        Read(Found(["a", "b"], Ready("a"), new RegisteredInstance("b", Url, InstanceState.Failed)));

        Assert.Equal(["a"], Read(Found(["a", "b"], Ready("a"))));
    }

    [Fact]
    public void A_store_that_came_back_empty_takes_nothing_out_for_the_grace()
    {
        memory.StoreIsAway();

        Assert.Equal(["a", "b"], Read(Lost()));
        clock.Pass(ServiceRegistry.ReturnGrace);
        Assert.Empty(Read(Lost()));
    }

    [Fact]
    public void Instances_that_return_to_an_emptied_store_one_by_one_leave_the_others_in()
    {
        memory.StoreIsAway();

        Assert.Equal(["a", "b"], Read(FoundAfterLoss(["a"], Ready("a"))));
        Assert.Equal(["a", "b"], Read(FoundAfterLoss(["a", "b"], Ready("a"), Ready("b"))));
    }

    [Fact]
    public void Another_server_process_counts_as_a_return_though_no_read_failed()
    {
        Assert.Equal(["a", "b"], ReadOf(term: 2, Found(["a", "b"], Ready("a"))));
    }

    [Fact]
    public void An_answer_that_took_long_counts_as_a_return()
    {
        var askedAt = clock.GetTimestamp();
        clock.Pass(TimeSpan.FromSeconds(16));
        memory.StoreAnswered(askedAt, 1);

        Assert.Equal(["a", "b"], Ids(memory.Reconcile([Found(["a", "b"])])));
    }

    private static Uri Url { get; } = new("http://127.0.0.1:1");

    private static RegisteredInstance Ready(string id) => new(id, Url, InstanceState.Ready);

    private static ServiceSighting Found(string[] listed, params RegisteredInstance[] instances) =>
        Sighting(new RegisteredService(Shop, instances), listed, term: 1);

    private static ServiceSighting FoundAfterLoss(string[] listed, params RegisteredInstance[] instances) =>
        Sighting(new RegisteredService(Shop, instances), listed, term: 2);

    private static ServiceSighting Lost() => Sighting(null, [], term: 2);

    private static ServiceSighting Sighting(RegisteredService? service, string[] listed, long term) =>
        new(Shop.Name, service, listed, new Stamp(0, term, 7), new PartitionHead(0, 7, [new TermStart(term, 0)]));

    private static IEnumerable<string> Ids(RegistrySnapshot snapshot) => snapshot.Services.SelectMany(service => service.Instances).Select(instance => instance.Id);

    private IEnumerable<string> Read(params ServiceSighting[] found) => ReadOf(1, found);

    private IEnumerable<string> ReadOf(long term, params ServiceSighting[] found)
    {
        memory.StoreAnswered(clock.GetTimestamp(), term);
        return Ids(memory.Reconcile(found));
    }

    private sealed class StoppedClock : TimeProvider
    {
        private long ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => ticks;

        public void Pass(TimeSpan time) => ticks += time.Ticks;
    }
}
