using System.Globalization;
using Holdfast.Testing.Tests.Engines;
using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Faults;

/// <summary>R15: who was stopped past its lease believes to hold it still, and each of its writes is fenced off.</summary>
public abstract class StaleHolderTests(EngineFixture store)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMilliseconds(700);

    private readonly string affinity = Entropy.System.NextText(12);

    [Fact]
    [Trait("Experiment", "R15")]
    public async Task A_holder_that_was_stopped_past_its_lease_writes_nothing_more()
    {
        await WorkAsync(Experiment.Count(3, 50));

        // Later holders have higher tokens: one that follows a higher one was written by who had lost the lease.
        await using var engine = await store.OpenAsync(new StateEngineOptions());
        var tokens = new List<long>();
        var partition = engine.Partitions.PartitionOf(affinity);
        for (JournalPosition? after = JournalPosition.Start; after is { } position;)
        {
            var page = await engine.ReadJournalAsync(partition, position, 1000);
            tokens.AddRange(page.Events.Select(static told => long.Parse(told.Type, CultureInfo.InvariantCulture)));
            after = page.Events.Count == 0 ? null : page.Events[^1].Position;
        }

        Assert.True(tokens.Distinct().Count() > 1);
        Assert.Equal(tokens.Order(), tokens);
    }

    /// <summary>Has holders take turns, each of which is stopped while it holds the lease until that is lost, so many times.</summary>
    protected abstract Task WorkAsync(int times);

    /// <summary>Two processes on a shared store: whoever holds the lease is stopped until the other has written in its place.</summary>
    private protected async Task TakeTurnsAsync(string connectionString, int times)
    {
        await using var engine = await store.OpenAsync(new StateEngineOptions());
        await using var one = await LeaseHolderProcess.StartAsync(connectionString, affinity, Lifetime, workers: 1);
        await using var two = await LeaseHolderProcess.StartAsync(connectionString, affinity, Lifetime, workers: 1);
        for (var turn = 0; turn < times; turn++)
        {
            LeaseHolderProcess? holder = null;
            long token = 0;
            await UntilAsync(async () =>
            {
                token = (await engine.ReadAsync(new Address("lease", affinity))).Record?.Birth ?? 0;
                holder = new[] { one, two }.FirstOrDefault(process => process.HasTold($"held {token}"));
                return holder is not null;
            });
            using (await PausedProcess.StopAsync(holder!.Pid))
            {
                await UntilAsync(async () => long.Parse((await engine.ReadAsync(new Address("work", affinity))).Record?.Text("by") ?? "0", CultureInfo.InvariantCulture) > token);
            }

            // It finds out with what it does next, unless it had lost the lease before and has found out already.
            await holder.SeeAsync($"fenced {token}");
        }
    }

    /// <summary>Two workers of one process, which is the store as well.</summary>
    private protected async Task StopTogetherAsync(string connectionString, int times)
    {
        await using var both = await LeaseHolderProcess.StartAsync(connectionString, affinity, Lifetime, workers: 2);
        while (both.TimesTold("fenced") < times)
        {
            await both.SeeAsync("wrote", both.Told);
            using (await PausedProcess.StopAsync(both.Pid))
            {
                await Task.Delay(Lifetime * 2);
            }

            await both.SeeAsync("wrote", both.Told);
        }

        await both.KillAsync();
    }

    private static async Task UntilAsync(Func<Task<bool>> holdsAsync)
    {
        using var patience = new CancellationTokenSource(LeaseHolderProcess.Patience);
        while (!await HoldsAsync())
        {
            await Task.Delay(10, patience.Token);
        }

        async Task<bool> HoldsAsync()
        {
            try
            {
                return await holdsAsync();
            }
            catch (StateException fault) when (fault.IsTransient)
            {
                return false;
            }
        }
    }
}
