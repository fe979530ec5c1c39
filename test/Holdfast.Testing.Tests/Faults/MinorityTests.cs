using Holdfast.Testing.Tests.Engines;
using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Faults;

/// <summary>
/// R20: a primary is cut off with few of the others, and clients with it. The others go on without it. It may acknowledge for a while what
/// nobody will know of later, but not for long, and once the network is whole again whoever was shown that is told that it is lost.
/// </summary>
public abstract class MinorityTests(SplitStore store)
{
    private const int FailuresInARow = 3;
    private const int MostTimes = 5;

    // Ten times what is promised: ten seconds.
    private static readonly TimeSpan LongestRecovery = TimeSpan.FromSeconds(100);

    [Fact]
    [Trait("Experiment", "minority")]
    public async Task A_minority_stops_acknowledging_and_what_it_did_acknowledge_is_told_as_lost()
    {
        var (losses, times) = (0, Experiment.Count(1, 10));
        for (var turn = 0; turn < times || losses == 0; turn++)
        {
            Assert.True(turn < times + MostTimes, $"In {turn} partitions the minority acknowledged nothing: nothing is shown.");
            losses += await SplitAsync() > 0 ? 1 : 0;
        }
    }

    [Fact]
    [Trait("Experiment", "minority")]
    public async Task Clients_that_reach_both_sides_are_served_by_the_majority_while_the_network_is_parted()
    {
        await using var engine = await store.OpenAsync(new StateEngineOptions());
        var affinity = await store.AffinityAsync(engine.Partitions);
        var commit = new Commit(RecordChange.Update(new Address("count", affinity)).Add("n", 1));
        var before = await engine.CommitAsync(commit);
        await store.PartAsync(isAlone: false);

        // What the cut off primary acknowledges meanwhile may be lost; another term is another primary's.
        using var patience = new CancellationTokenSource(LongestRecovery);
        while ((await engine.CommitAsync(commit, patience.Token)).At.Term == before.At.Term)
        {
            await Task.Delay(10, patience.Token);
        }
    }

    /// <summary>One partition, and how many acknowledged commits it cost.</summary>
    private async Task<int> SplitAsync()
    {
        await using var majority = await store.OpenAsync(new StateEngineOptions());
        var affinity = await store.AffinityAsync(majority.Partitions);
        await using var writer = await CountingWriterProcess.StartAsync(store.Host, store.ConnectionString, affinity);
        await store.PartAsync(isAlone: true);

        // The others go on; the cut off primary stops, and does not begin again.
        var elsewhere = await majority.CommitAsync(new Commit(RecordChange.Update(new Address("elsewhere", affinity)).Add("n", 1)));
        Assert.True(elsewhere.IsCommitted);
        await writer.FailAsync(FailuresInARow);
        var made = writer.Made;
        await writer.FailAsync(FailuresInARow * 2);
        Assert.Equal(made.Count, writer.Made.Count);

        await store.HealAsync();
        await writer.GoOnAsync();
        var lost = made.Count - (await KeptAsync(majority, affinity, made)).Count;
        if (lost > 0)
        {
            await writer.SeeLossAsync();
        }

        await writer.KillAsync();
        await store.UntilWholeAsync();
        var kept = await KeptAsync(majority, affinity, writer.Made);

        // One commit was under way when the process was killed.
        var found = (await majority.ReadAsync(new Address("count", affinity))).Record!.Counter("n");
        Assert.InRange(found, kept.Count, kept.Count + writer.Unknown + 1);
        if ((await KeptAsync(majority, affinity, [(elsewhere.At.Term, elsewhere.At.Revision)])).Count == 1)
        {
            Assert.Equal(1, (await majority.ReadAsync(new Address("elsewhere", affinity))).Record!.Counter("n"));
        }

        return lost;
    }

    /// <summary>The moments that the store's history has.</summary>
    private static async Task<IReadOnlyList<(long Term, long Revision)>> KeptAsync(StateEngine engine, string affinity, IReadOnlyList<(long Term, long Revision)> moments)
    {
        var head = await engine.ReadHeadAsync(engine.Partitions.PartitionOf(affinity));
        return [.. moments.Where(moment => head.Contains(new Stamp(head.Partition, moment.Term, moment.Revision)))];
    }
}
