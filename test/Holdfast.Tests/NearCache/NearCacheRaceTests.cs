using System.Diagnostics.Metrics;
using Holdfast.Redis;
using Holdfast.Tests.Redis;
using Holdfast.TestServers;

namespace Holdfast.Tests.NearCaching;

/// <summary>
/// The near cache in every order of a few events: fetches, others' changes, expiry, an own commit, a lost connection, and
/// when the store works and its answers arrive. Nothing is left to chance, so a failure tells the order that shows it.
/// </summary>
public sealed class NearCacheRaceTests
{
    [Fact]
    [Trait("Experiment", "races")]
    public async Task No_order_of_events_makes_the_near_cache_answer_what_is_past_or_keep_it()
    {
        var search = new Search(Interleaving.Events, PushOrder.InOrder, Experiment.Count(7, 9));
        Assert.Null(await search.RunAsync());
        Assert.True(search.Orders > 5_000, $"Only {search.Orders} orders were tried.");
        Assert.True(search.Hits > 1_000, $"Only {search.Hits} of them had the near cache answer.");
        Assert.True(search.Held > 10, $"Only {search.Held} of them changed a record that was held.");
    }

    [Fact]
    [Trait("Experiment", "races")]
    public async Task No_commit_of_a_record_that_is_held_brings_back_what_another_program_overwrote()
    {
        var search = new Search(Interleaving.EventsBesideWrites, PushOrder.InOrder, Experiment.Count(10, 12));
        Assert.Null(await search.RunAsync());
        Assert.True(search.Held > 100, $"Only {search.Held} orders changed a record that was held.");
    }

    [Fact]
    [Trait("Experiment", "races")]
    public async Task No_order_of_events_makes_the_near_cache_answer_a_record_whose_time_is_over()
    {
        var search = new Search(Interleaving.EventsInTime, PushOrder.InOrder, Experiment.Count(8, 9));
        Assert.Null(await search.RunAsync());
        Assert.True(search.Orders > 5_000, $"Only {search.Orders} orders were tried.");
        Assert.True(search.Answers > 1_000, $"Only in {search.Answers} of them a record was answered.");
    }

    [Theory]
    [InlineData(PushOrder.AfterReplies)]
    [InlineData(PushOrder.None)]
    public async Task A_store_whose_replies_overtake_its_pushes_is_found_out(PushOrder pushes) =>
        Assert.NotNull(await new Search(Interleaving.Events, pushes, 7).RunAsync());

    [Fact]
    public async Task A_sample_finds_what_no_push_took_out_and_tells_it()
    {
        var log = new EventLog();
        long counted = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Name == "holdfast.near_cache.stale")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref counted, value));
        listener.Start();
        await Task.Run(async () =>
        {
            await using var forgetful = new Interleaving(PushOrder.None, log.Write);
            foreach (var name in "FSDW")
            {
                forgetful.Do(name);
            }

            Assert.Null(forgetful.View.Cache.TakeServed());
            Assert.Null(forgetful.Problem());
            var served = forgetful.View.Cache.TakeServed();
            Assert.Equal(Interleaving.Thing, served!.Address);
            Assert.Null(forgetful.View.Cache.TakeServed());
            forgetful.Sample(served);
            Assert.Null(forgetful.ProblemAtRest());
        });
        Assert.Equal("StaleRead", Assert.Single(log.Of("StaleRead")).Name);
        Assert.True(counted > 0);

        await Task.Run(async () =>
        {
            await using var sound = new Interleaving(PushOrder.InOrder, log.Write);
            foreach (var name in "WFSDCSD")
            {
                sound.Do(name);
                Assert.Null(sound.Problem());
            }

            sound.Sample(sound.View.Cache.TakeServed()!);
            Assert.Null(sound.ProblemAtRest());
        });
        Assert.Single(log.Of("StaleRead"));
    }

    /// <summary>Tries every order up to a length. Each is played from its beginning: nothing of one is left for the next.</summary>
    private sealed class Search(IReadOnlyList<(char Name, int Most)> events, PushOrder pushes, int length)
    {
        private readonly List<char> order = [];

        public int Orders { get; private set; }

        public int Hits { get; private set; }

        public int Held { get; private set; }

        public int Answers { get; private set; }

        /// <summary>The first order that shows a problem, and the problem; null when none does. Off the test's own scheduler, so that all continuations run in place.</summary>
        public Task<string?> RunAsync() => Task.Run(TryAllAsync);

        private async Task<string?> TryAllAsync()
        {
            List<char> next = [];
            await using (var played = new Interleaving(pushes))
            {
                order.ForEach(played.Do);
                Orders++;
                Hits += played.View.Cache.Count;
                Held += played.Store.HeldCommits;
                var problem = played.Problem();
                Answers += played.Answers;
                if (problem is not null)
                {
                    return $"{string.Concat(order)}: {problem}";
                }

                if (order.Count < length)
                {
                    next.AddRange(events.Where(item => played.CanDo(item.Name) && order.Count(name => name == item.Name) < item.Most).Select(static item => item.Name));
                }
                else if (played.ProblemAtRest() is { } lasting)
                {
                    return $"{string.Concat(order)}: {lasting}";
                }
            }

            foreach (var name in next)
            {
                order.Add(name);
                if (await TryAllAsync() is { } found)
                {
                    return found;
                }

                order.RemoveAt(order.Count - 1);
            }

            return null;
        }
    }
}
