using Holdfast.TestServers;

namespace Holdfast.Tests.Embedded;

/// <summary>Nobody waits for a snapshot, however many records there are.</summary>
public sealed class PauseTests : IDisposable
{
    private const int AtOnce = 1000;
    private const int Callers = 4;

    // In a run that shares the machine with other tests, only what stands still is told from what is slow.
    private static readonly double MaxMilliseconds = Experiment.Count(10_000, 50);

    // When the machine itself was later than this, a long wait need not be the engine's doing.
    private static readonly double MaxLateness = Experiment.Count(10_000, 20);

    private static readonly int Records = Experiment.Count(20_000, 1_000_000);

    private static readonly TimeSpan Held = TimeSpan.FromSeconds(3);

    private readonly StoreCopy store = new();

    public void Dispose() => store.Dispose();

    [Fact]
    [Trait("Experiment", "pauses")]
    public async Task No_read_and_no_commit_waits_for_a_snapshot()
    {
        await using var engine = await OpenAsync();
        var told = 0;
        for (var round = 0; told < Experiment.Count(2, 30); round++)
        {
            Assert.True(round < 300, "The machine is too busy to tell the engine's pauses from its own.");
            using var watch = Load(engine);
            watch.During(engine.Checkpoint);
            if (watch.Lateness <= MaxLateness)
            {
                told++;
                Assert.InRange(watch.Longest(), 0, MaxMilliseconds);
            }
        }

        Assert.DoesNotContain(store.Events, static item => item.Name == "CheckpointFailed");
    }

    [Fact]
    public async Task A_pause_would_be_seen()
    {
        await using var engine = await OpenAsync(partitions: 1);
        using var hold = new ManualResetEventSlim();
        using var watch = Load(engine);
        var partition = engine.Partitions.PartitionOf(AddressOf(0));
        var address = System.Text.Encoding.ASCII.GetBytes(AddressOf(0).ToString());
        watch.During(() => engine.Look(address, engine.HashOf(address), partition, hold, static (in _, hold) => hold.Wait(Held)));
        Assert.InRange(watch.Longest(), 100, double.MaxValue);
    }

    private static PauseWatch Load(EmbeddedEngine engine)
    {
        var watch = new PauseWatch();
        for (var caller = 0; caller < Callers; caller++)
        {
            var random = new Random(caller);
            var buffer = new RecordBuffer();
            watch.Add("read", () => engine.Read(AddressOf(random.Next(Records)), buffer));
            watch.Add("commit", () => engine.Begin(Change(random.Next(Records)), default).Durable.Wait());
        }

        return watch;
    }

    private async Task<EmbeddedEngine> OpenAsync(int partitions = 16)
    {
        var engine = await store.OpenAsync(new StateEngineOptions { PartitionCount = partitions });
        for (var first = 0; first < Records; first += AtOnce)
        {
            await Task.WhenAll(Enumerable.Range(first, AtOnce).Select(number => engine.CommitAsync(Change(number)).AsTask()));
        }

        return engine;
    }

    private static Address AddressOf(int number) => new("pause", $"{number}");

    private static Commit Change(int number) => new(RecordChange.Update(AddressOf(number)).ExpireAfter(TimeSpan.FromHours(1)).Set("a", "0123456789").Set("b", "0123456789"))
    {
        Durability = Durability.Written,
    };
}
