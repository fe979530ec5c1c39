using System.Collections.Concurrent;
using Holdfast.Testing.Tests.Engines;
using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Faults;

/// <summary>R18: the store's process is stopped for a while. Callers fail within their deadline, and are all served once it goes on.</summary>
public abstract class StoppedStoreTests(FaultyStore store)
{
    private const int Callers = 64;

    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(1);

    // Ten times what is promised: the deadline, and five seconds after the store goes on.
    private static readonly TimeSpan LongestCall = CallTimeout * 10;
    private static readonly TimeSpan LongestRecovery = TimeSpan.FromSeconds(50);

    private readonly string affinity = Entropy.System.NextText(12);
    private readonly ConcurrentDictionary<int, int> answered = [];
    private readonly int[] made = new int[Callers];
    private readonly int[] unknown = new int[Callers];
    private bool isOver;
    private int failed;

    /// <summary>For how many seconds the process is stopped under eng/long.</summary>
    protected virtual int LongSeconds => 30;

    [Fact]
    [Trait("Experiment", "R18")]
    public async Task Callers_fail_in_time_while_the_store_is_stopped_and_are_served_once_it_goes_on()
    {
        await using var engine = await store.OpenAsync(new StateEngineOptions());
        await using var hasty = await store.OpenAsync(new StateEngineOptions { CommitTimeout = CallTimeout });
        Task[] callers = [.. Enumerable.Range(0, Callers).Select(caller => CallAsync(hasty, caller))];
        await AllAnsweredAsync(callers);
        using (await PausedProcess.StopAsync(await store.PidAsync()))
        {
            // Whoever asks the stopped one fails, again and again, until it goes on.
            var before = Volatile.Read(ref failed);
            var length = TimeSpan.FromSeconds(Experiment.Count(3, LongSeconds));
            await Task.Delay(length);
            await UntilAsync(callers, () => Volatile.Read(ref failed) > before, LongestCall);
        }

        await AllAnsweredAsync(callers);
        Volatile.Write(ref isOver, true);
        await Task.WhenAll(callers);
        for (var caller = 0; caller < Callers; caller++)
        {
            var found = (await engine.ReadAsync(Counter(caller))).Record!.Counter("n");
            Assert.InRange(found, made[caller], made[caller] + unknown[caller]);
        }
    }

    private Address Counter(int caller) => new("count", $"{affinity}-{caller}");

    private async Task CallAsync(StateEngine engine, int caller)
    {
        await Task.Yield();
        while (!Volatile.Read(ref isOver))
        {
            try
            {
                await engine.CommitAsync(new Commit(RecordChange.Update(Counter(caller)).Add("n", 1))).AsTask().WaitAsync(LongestCall);
                made[caller]++;
                answered[caller] = made[caller];
            }
            catch (CommitUnknownException)
            {
                unknown[caller]++;
                Interlocked.Increment(ref failed);
            }
            catch (StateUnavailableException)
            {
                Interlocked.Increment(ref failed);
            }

            await Task.Delay(5);
        }
    }

    private async Task AllAnsweredAsync(Task[] callers)
    {
        answered.Clear();
        await UntilAsync(callers, () => answered.Count == Callers, LongestRecovery);
    }

    private async Task UntilAsync(Task[] callers, Func<bool> holds, TimeSpan patience)
    {
        using var end = new CancellationTokenSource(patience);
        while (!holds())
        {
            if (callers.FirstOrDefault(static caller => caller.IsFaulted) is { } broken)
            {
                await broken;
            }

            Assert.False(end.IsCancellationRequested, $"Not within {patience.TotalSeconds} s; {answered.Count} of {Callers} callers were answered, {failed} calls failed.");
            await Task.Delay(10);
        }
    }
}
