using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;
using Holdfast.Tests.Conformance;

namespace Holdfast.Tests.Journal;

public sealed class JournalFollowerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The lease of a holder that is to lose it: others wait for that.</summary>
    private static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(500);

    private static readonly Address Positions = new("journal-follower", "test", "positions");

    private readonly ModelStore store = new(PartitionMap.DefaultCount, ModelFault.None);
    private readonly ConcurrentQueue<EngineEvent> log = new();
    private readonly Channel<string> handled = Channel.CreateUnbounded<string>();
    private readonly ConcurrentQueue<JournalGap> gaps = new();

    [Fact]
    public async Task Events_of_every_partition_are_handled_in_their_order_those_from_before_included()
    {
        var engine = Open();
        string[] affinities = ["ada", "bob", "cyd"];
        foreach (var affinity in affinities)
        {
            await AppendAsync(engine, affinity, $"{affinity}-1", $"{affinity}-2");
        }

        await using var follower = Follow(engine);
        var before = await TakeAsync(6);
        foreach (var affinity in affinities)
        {
            await AppendAsync(engine, affinity, $"{affinity}-3");
        }

        var all = before.Concat(await TakeAsync(3)).ToList();
        foreach (var affinity in affinities)
        {
            Assert.Equal([$"{affinity}-1", $"{affinity}-2", $"{affinity}-3"], all.Where(item => item.StartsWith(affinity, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task Of_several_followers_one_works_and_the_next_goes_on_where_it_stopped()
    {
        var first = Follow(Open(), mark: "first ");
        await AppendAsync(Open(), "ada", "1");
        Assert.Equal(["first 1"], await TakeAsync(1));
        await using var second = Follow(Open(), mark: "second ");
        await AppendAsync(Open(), "ada", "2");
        Assert.Equal(["first 2"], await TakeAsync(1));

        await first.DisposeAsync();
        await AppendAsync(Open(), "ada", "3");

        Assert.Equal(["second 3"], await TakeAsync(1));
    }

    [Fact]
    public async Task Positions_that_were_being_stored_when_the_follower_was_stopped_are_stored()
    {
        var stalling = new StallingEngine(Open());
        await using (Follow(stalling, mark: "first "))
        {
            await AppendAsync(Open(), "ada", "1", "2");
            Assert.Equal(["first 1", "first 2"], await TakeAsync(2));
            await stalling.Stalled.WaitAsync(Patience);
        }

        await using var second = Follow(Open(), mark: "second ");
        await AppendAsync(Open(), "ada", "3");
        Assert.Equal(["second 3"], await TakeAsync(1));
    }

    [Fact]
    public async Task The_next_holder_begins_where_the_last_one_wanted_it_to()
    {
        await using (Follow(Open(), mark: "first ", resumeAfter: static (_, _) => JournalPosition.Start))
        {
            await AppendAsync(Open(), "ada", "1", "2");
            Assert.Equal(["first 1", "first 2"], await TakeAsync(2));
        }

        await using var second = Follow(Open(), mark: "second ");
        Assert.Equal(["second 1", "second 2"], await TakeAsync(2));
    }

    [Fact]
    public async Task What_the_handler_has_let_go_of_since_is_stored_though_no_event_comes()
    {
        var kept = new JournalPosition(1, 0);
        await using (Follow(Open(), mark: "first ", resumeAfter: (_, last) => kept < last ? kept : last))
        {
            await AppendAsync(Open(), "ada", "1", "2");
            Assert.Equal(["first 1", "first 2"], await TakeAsync(2));
            await UntilStoredAsync(kept);
            kept = new JournalPosition(1, 1);
            await UntilStoredAsync(kept);
        }

        await using var second = Follow(Open(), mark: "second ");
        await AppendAsync(Open(), "ada", "3");
        Assert.Equal(["second 3"], await TakeAsync(1));
    }

    [Fact]
    public async Task A_holder_that_vanishes_is_replaced_once_its_lease_is_over()
    {
        var doomed = new SwitchedEngine(Open());
        await using var first = Follow(doomed, mark: "first ", lease: Brief);
        await AppendAsync(Open(), "ada", "1");
        Assert.Equal(["first 1"], await TakeAsync(1));
        await using var second = Follow(Open(), mark: "second ");

        doomed.Switch(null);
        await AppendAsync(Open(), "ada", "2");

        Assert.Equal("second 2", await TakeUntilAsync("second 2"));
    }

    [Fact]
    public async Task An_event_whose_handler_fails_comes_again_before_the_next_and_other_partitions_go_on()
    {
        var failures = 3;
        var others = Channel.CreateUnbounded<string>();
        await using var follower = Follow(Open(), handle: async (_, text) =>
        {
            if (text == "ada-1" && failures > 0)
            {
                // Each failure waits for another partition's event, which must therefore come through.
                await others.Reader.ReadAsync(TestContext.Current.CancellationToken);
                failures--;
                throw new InvalidOperationException("Not yet.");
            }

            if (text.StartsWith("bob", StringComparison.Ordinal))
            {
                await others.Writer.WriteAsync(text);
            }
        });

        await AppendAsync(Open(), "ada", "ada-1", "ada-2");
        await AppendAsync(Open(), "bob", "bob-1", "bob-2", "bob-3");

        var all = await TakeAsync(5);
        Assert.Equal(["ada-1", "ada-2"], all.Where(static text => text.StartsWith("ada", StringComparison.Ordinal)));
        Assert.Equal(3, log.Count(static item => item.Name == "JournalEventNotHandled"));
    }

    [Fact]
    public async Task The_stores_absence_is_outlasted()
    {
        var engine = new SwitchedEngine(Open());
        engine.Switch(null);
        await using var follower = Follow(engine, lease: Brief);
        await UntilLoggedAsync("JournalFollowerInterrupted");

        engine.Switch(Open());
        await AppendAsync(Open(), "ada", "1");
        Assert.Equal("1", await TakeUntilAsync("1"));

        log.Clear();
        engine.Switch(null);
        await UntilLoggedAsync("JournalFollowerInterrupted");
        await AppendAsync(Open(), "ada", "2");
        engine.Switch(Open());
        Assert.Equal("2", await TakeUntilAsync("2"));
    }

    [Fact]
    public async Task Trimmed_events_are_reported_before_the_first_that_is_left()
    {
        var engine = Open();
        var texts = Enumerable.Range(0, StateLimits.MaxEventsPerCommit).Select(static number => $"{number}").ToArray();
        for (var events = 0; events <= StateLimits.JournalMaxEvents; events += texts.Length)
        {
            await AppendAsync(engine, "ada", texts);
        }

        await using var follower = Follow(engine, handle: (_, _) =>
        {
            Assert.NotEmpty(gaps);
            return ValueTask.CompletedTask;
        });

        await TakeAsync(StateLimits.JournalMaxEvents);

        // Told again to who takes over, if the machine was too busy to keep the lease.
        var gap = Assert.Single(gaps.Distinct());
        Assert.Equal((engine.Partitions.PartitionOf("ada"), JournalPosition.Start, false), (gap.Partition, gap.After, gap.IsHistoryLost));
        Assert.Equal(new JournalPosition(1, int.MaxValue), gap.ResumedAfter);
    }

    [Fact]
    public async Task History_that_the_store_has_lost_is_reported_and_what_follows_is_handled()
    {
        var engine = new SwitchedEngine(Open());
        await using var follower = Follow(engine, lease: Brief);
        await AppendAsync(engine, "ada", "1");
        await AppendAsync(engine, "ada", "2");
        await TakeAsync(2);

        // An empty store in place of the old one: the positions in it are gone, those that the follower knows are not.
        var emptied = new ModelStore(PartitionMap.DefaultCount, ModelFault.None);
        emptied.Restart();
        var other = new ModelEngine(emptied, Options());
        await CopyFollowerAsync(Open(), other);
        engine.Switch(other);
        await AppendAsync(engine, "ada", "other");

        Assert.Equal("other", await TakeUntilAsync("other"));
        var gap = Assert.Single(gaps.Distinct(), static gap => gap.IsHistoryLost);
        Assert.Equal(new JournalPosition(0, int.MaxValue), gap.ResumedAfter);
    }

    [Fact]
    public async Task A_store_that_goes_on_in_a_lower_term_that_the_follower_never_saw_skips_nothing()
    {
        store.Restart();
        var engine = new SwitchedEngine(Open());
        await using var follower = Follow(engine, lease: Brief);
        await AppendAsync(engine, "ada", "1");
        await AppendAsync(engine, "ada", "2");
        await TakeAsync(2);

        // As by a failover to a replica that had never heard of the term, and whose clock is behind.
        var other = new ModelEngine(new ModelStore(PartitionMap.DefaultCount, ModelFault.None), Options());
        await CopyFollowerAsync(Open(), other);
        string[] texts = ["other-1", "other-2", "other-3"];
        foreach (var text in texts)
        {
            await AppendAsync(other, "ada", text);
        }

        engine.Switch(other);
        foreach (var text in texts)
        {
            Assert.Equal(text, await TakeUntilAsync(text));
        }

        Assert.Single(gaps.Distinct(), static gap => gap.IsHistoryLost);
    }

    private static async Task AppendAsync(StateEngine engine, string affinity, params string[] texts) =>
        await engine.CommitAsync(new Commit
        {
            Affinity = affinity,
            Events = [.. texts.Select(static text => new NewEvent("test", Encoding.UTF8.GetBytes(text)))],
        });

    /// <summary>Takes the follower's positions along into another store, as a failover that lost only other partitions would.</summary>
    private static async Task CopyFollowerAsync(StateEngine from, StateEngine to)
    {
        Record? positions;
        do
        {
            positions = (await from.ReadAsync(Positions)).Record;
        }
        while (!Holds(positions, new JournalPosition(2, 0)));

        var copy = RecordChange.Update(Positions);
        foreach (var (field, value) in positions!.Fields)
        {
            copy.Set(field, value);
        }

        await to.CommitAsync(new Commit(copy));
    }

    /// <summary>Whether a partition's position is stored as this.</summary>
    private static bool Holds(Record? positions, JournalPosition position) =>
        positions?.Fields.Values.Any(value => Encoding.UTF8.GetString(value.Span).EndsWith($" {position}", StringComparison.Ordinal)) == true;

    private StateEngineOptions Options() => new() { Log = log.Enqueue };

    private ModelEngine Open() => new(store, Options());

    private Running Follow(
        StateEngine engine,
        string mark = "",
        Func<int, string, ValueTask>? handle = null,
        Func<int, JournalPosition, JournalPosition>? resumeAfter = null,
        TimeSpan? lease = null)
    {
        var options = new JournalFollowerOptions
        {
            ResumeAfter = resumeAfter ?? (static (_, handled) => handled),
            LeaseLifetime = lease ?? TimeSpan.FromSeconds(30),
            SaveInterval = TimeSpan.FromMilliseconds(20),
            RetryPause = TimeSpan.FromMilliseconds(20),
            OnGap = (gap, _) =>
            {
                gaps.Enqueue(gap);
                return ValueTask.CompletedTask;
            },
        };
        var follower = new JournalFollower(
            engine,
            "test",
            async (partition, item, _) =>
            {
                var text = Encoding.UTF8.GetString(item.Payload.Span);
                if (handle is not null)
                {
                    await handle(partition, text);
                }

                await handled.Writer.WriteAsync(mark + text, CancellationToken.None);
            },
            options);
        return new Running(follower);
    }

    private async Task<List<string>> TakeAsync(int count)
    {
        using var patience = new CancellationTokenSource(Patience);
        List<string> taken = [];
        while (taken.Count < count)
        {
            taken.Add(await handled.Reader.ReadAsync(patience.Token));
        }

        return taken;
    }

    /// <summary>Takes what was handled, again perhaps, until this is.</summary>
    private async Task<string> TakeUntilAsync(string text)
    {
        while (true)
        {
            var taken = (await TakeAsync(1))[0];
            if (taken == text)
            {
                return taken;
            }
        }
    }

    private async Task UntilStoredAsync(JournalPosition position)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!Holds((await Open().ReadAsync(Positions)).Record, position))
        {
            await Task.Delay(5, patience.Token);
        }
    }

    private async Task UntilLoggedAsync(string name)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (log.All(item => item.Name != name))
        {
            await Task.Delay(5, patience.Token);
        }
    }

    private sealed class Running : IAsyncDisposable
    {
        private readonly CancellationTokenSource ending = new();
        private readonly Task work;

        public Running(JournalFollower follower) => work = Task.Run(() => follower.RunAsync(ending.Token));

        public async ValueTask DisposeAsync()
        {
            await ending.CancelAsync();
            await work.WaitAsync(Patience);
            ending.Dispose();
        }
    }

    /// <summary>An engine on which storing positions takes until it is cancelled.</summary>
    private sealed class StallingEngine(StateEngine inner) : ForwardingEngine(inner.Options)
    {
        private readonly TaskCompletionSource stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Completes once positions wait to be stored.</summary>
        public Task Stalled => stalled.Task;

        protected override StateEngine Inner => inner;

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

        protected override async ValueTask<CommitResult> CommitCoreAsync(Commit commit, int partition, CancellationToken cancellationToken)
        {
            if (commit.Changes.Count > 1 && cancellationToken.CanBeCanceled)
            {
                stalled.TrySetResult();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return await base.CommitCoreAsync(commit, partition, cancellationToken);
        }
    }
}
