using Holdfast.NearCaching;
using Holdfast.Tests.Redis;
using Holdfast.TestServers;

namespace Holdfast.Tests.NearCaching;

public sealed class NearCacheTests
{
    private const int Partition = 3;
    private static readonly Address Thing = new("thing", "t");

    /// <summary>A moment before all that the watermarks of these tests tell.</summary>
    private static readonly Stamp Earlier = new(Partition, 0, 0);

    private readonly StandingClock clock = new();
    private readonly Feed feed = new();

    [Fact]
    public void A_record_is_served_with_the_watermark_as_its_moment()
    {
        var cache = Alive();
        cache.Put(feed, Earlier, Thing, RecordOf(Thing, 10), clock.GetTimestamp());
        cache.Raise(feed, Partition, 1, 17);

        Assert.Equal(NearCacheAnswer.Hit, cache.TryRead(Thing, Partition, Freshness.Pushed, out var reading));
        Assert.Equal(10, reading.Record!.Revision);
        Assert.Equal(new Stamp(Partition, 1, 17), reading.At);
    }

    [Theory]
    [InlineData(1, 18)]
    [InlineData(2, 3)]
    public void What_a_reply_tells_ahead_of_its_watermark_is_served_as_of_its_own_moment(long term, long revision)
    {
        var cache = Alive();
        var told = new Stamp(Partition, term, revision);
        cache.Raise(feed, Partition, 1, 17);
        foreach (var record in new[] { RecordOf(Thing, revision), null })
        {
            cache.Put(feed, told, Thing, record, clock.GetTimestamp());

            Assert.Equal(NearCacheAnswer.Hit, cache.TryRead(Thing, Partition, Freshness.Pushed, out var reading));
            Assert.Equal(record, reading.Record);
            Assert.Equal(told, reading.At);
            Assert.Equal(NearCacheAnswer.Hit, Read(cache, Freshness.AtLeast(told)));
        }
    }

    [Fact]
    public void Absence_is_served_too()
    {
        var cache = Alive();
        cache.Put(feed, Earlier, Thing, null, clock.GetTimestamp());
        cache.Raise(feed, Partition, 1, 17);

        Assert.Equal(NearCacheAnswer.Hit, cache.TryRead(Thing, Partition, Freshness.Pushed, out var reading));
        Assert.Null(reading.Record);
    }

    [Fact]
    public void A_stamp_beyond_the_watermark_or_of_another_term_is_asked_of_the_store()
    {
        var cache = Alive();
        cache.Put(feed, Earlier, Thing, null, clock.GetTimestamp());
        cache.Raise(feed, Partition, 5, 17);

        Assert.Equal(NearCacheAnswer.Hit, Read(cache, Freshness.AtLeast(new Stamp(Partition, 5, 17))));
        Assert.Equal(NearCacheAnswer.Behind, Read(cache, Freshness.AtLeast(new Stamp(Partition, 5, 18))));
        Assert.Equal(NearCacheAnswer.UnknownTerm, Read(cache, Freshness.AtLeast(new Stamp(Partition, 4, 1))));
        Assert.Equal(NearCacheAnswer.Hit, Read(cache, Freshness.AtLeast(new Stamp(Partition + 1, 9, 99))));
        Assert.Equal(NearCacheAnswer.Miss, Read(cache, Freshness.Latest));
    }

    [Fact]
    public void A_stamp_of_an_earlier_term_is_served_once_the_terms_are_known()
    {
        var cache = Alive();
        cache.Put(feed, Earlier, Thing, null, clock.GetTimestamp());
        cache.Raise(feed, Partition, 5, 17);
        cache.Learn(feed, new PartitionHead(Partition, 17, [new TermStart(4, 0), new TermStart(5, 12)]));

        Assert.Equal(NearCacheAnswer.Hit, Read(cache, Freshness.AtLeast(new Stamp(Partition, 4, 12))));
        Assert.Equal(NearCacheAnswer.UnknownTerm, Read(cache, Freshness.AtLeast(new Stamp(Partition, 4, 13))));
        Assert.Equal(NearCacheAnswer.UnknownTerm, Read(cache, Freshness.AtLeast(new Stamp(Partition, 3, 1))));
    }

    [Fact]
    public void Nothing_is_served_when_the_last_proof_is_more_than_a_second_old()
    {
        var cache = Alive();
        cache.Put(feed, Earlier, Thing, null, clock.GetTimestamp());
        cache.Raise(feed, Partition, 1, 1);
        clock.Move(TimeSpan.FromSeconds(1));
        Assert.Equal(NearCacheAnswer.Hit, Read(cache, Freshness.Pushed));
        clock.Move(TimeSpan.FromMilliseconds(1));
        Assert.Equal(NearCacheAnswer.Miss, Read(cache, Freshness.Pushed));
        feed.Prove(clock.GetTimestamp());
        Assert.Equal(NearCacheAnswer.Hit, Read(cache, Freshness.Pushed));
    }

    [Fact]
    public void An_entry_ends_at_its_deadline_and_at_the_greatest_age()
    {
        var cache = Alive();
        var deadline = clock.GetTimestamp() + clock.TimestampFrequency;
        cache.Put(feed, Earlier, Thing, new Record(Thing, 1, 1, Record.NoFields, deadline), clock.GetTimestamp());
        var lasting = new Address("thing", "u");
        cache.Put(feed, Earlier, lasting, null, clock.GetTimestamp());
        cache.Raise(feed, Partition, 1, 1);
        clock.Move(TimeSpan.FromSeconds(1));
        Assert.Equal(NearCacheAnswer.Miss, Read(cache, Freshness.Pushed));
        clock.Move(TimeSpan.FromSeconds(28.9));
        feed.Prove(clock.GetTimestamp());
        Assert.Equal(NearCacheAnswer.Hit, cache.TryRead(lasting, Partition, Freshness.Pushed, out _));
        clock.Move(TimeSpan.FromSeconds(0.1));
        Assert.Equal(NearCacheAnswer.Miss, cache.TryRead(lasting, Partition, Freshness.Pushed, out _));
    }

    [Fact]
    public void A_pushed_key_and_a_lost_connection_are_forgotten()
    {
        var cache = Alive();
        cache.Put(feed, Earlier, Thing, RecordOf(Thing, 1), clock.GetTimestamp());
        cache.Raise(feed, Partition, 1, 1);
        cache.Drop(Thing);
        Assert.Equal(NearCacheAnswer.Miss, Read(cache, Freshness.Pushed));
        Assert.Equal(0, cache.Bytes);
        cache.Put(feed, Earlier, Thing, RecordOf(Thing, 1), clock.GetTimestamp());
        cache.Lose(feed);
        feed.Prove(clock.GetTimestamp());
        Assert.Equal(NearCacheAnswer.Miss, Read(cache, Freshness.Pushed));
        Assert.Equal(0, cache.Bytes);
    }

    [Fact]
    public void A_kept_record_gets_its_deadline_and_another_revision_is_forgotten()
    {
        var cache = Alive();
        cache.Put(feed, Earlier, Thing, RecordOf(Thing, 5), clock.GetTimestamp());
        cache.Raise(feed, Partition, 1, 5);
        var deadline = clock.GetTimestamp() + 1000;
        cache.Keep(feed, Earlier, Thing, 5, 1, deadline, clock.GetTimestamp());
        cache.TryRead(Thing, Partition, Freshness.Pushed, out var reading);
        Assert.Equal(deadline, reading.Record!.Deadline);
        cache.Keep(feed, Earlier, Thing, 6, 1, deadline, clock.GetTimestamp());
        Assert.Equal(NearCacheAnswer.Miss, Read(cache, Freshness.Pushed));
    }

    [Fact]
    public void Memory_is_bounded_and_what_is_served_stays_longest()
    {
        var cache = Alive(maxBytes: 100_000);
        cache.Put(feed, Earlier, Thing, RecordOf(Thing, 1), clock.GetTimestamp());
        cache.Raise(feed, Partition, 1, 1);
        for (var i = 0; i < 10_000; i++)
        {
            Assert.Equal(NearCacheAnswer.Hit, Read(cache, Freshness.Pushed));
            var other = new Address("thing", "t", $"{i}");
            cache.Put(feed, Earlier, other, RecordOf(other, 1), clock.GetTimestamp());
            Assert.InRange(cache.Bytes, 1, 100_000);
        }

        Assert.InRange(cache.Count, 10, 1000);
    }

    [Fact]
    public void Records_that_change_often_do_not_fill_the_memory()
    {
        var cache = Alive(maxBytes: 1 << 20);
        for (var i = 0; i < 100_000; i++)
        {
            cache.Put(feed, Earlier, Thing, RecordOf(Thing, i), clock.GetTimestamp());
        }

        Assert.Equal(1, cache.Count);
        Assert.InRange(cache.Bytes, 1, 10_000);
        Assert.Equal(1, cache.Queued);
    }

    [Fact]
    public void A_record_that_was_replaced_is_let_go_of_at_once()
    {
        var cache = Alive(maxBytes: 8 << 20);
        for (var i = 0; i < 10_000; i++)
        {
            cache.Put(feed, Earlier, new Address("small", "s", $"{i}"), null, clock.GetTimestamp());
        }

        var replaced = PutReplaced(cache);
        GC.Collect();
        GC.Collect();
        Assert.Equal(0, replaced.Count(static record => record.TryGetTarget(out _)));
        Assert.Equal(10_001, cache.Queued);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private List<WeakReference<Record>> PutReplaced(NearCache cache)
    {
        var replaced = new List<WeakReference<Record>>();
        for (var i = 0; i < 1000; i++)
        {
            var record = RecordOf(Thing, i);
            cache.Put(feed, Earlier, Thing, record, clock.GetTimestamp());
            replaced.Add(new WeakReference<Record>(record));
        }

        cache.Put(feed, Earlier, Thing, null, clock.GetTimestamp());
        return replaced;
    }

    [Fact]
    public void A_hit_allocates_nothing()
    {
        var cache = Alive();
        cache.Put(feed, Earlier, Thing, RecordOf(Thing, 1), clock.GetTimestamp());
        cache.Raise(feed, Partition, 1, 1);
        var freshness = Freshness.AtLeast(new Stamp(Partition, 1, 1));
        Read(cache, freshness);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Read(cache, freshness);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void A_partition_that_gets_another_server_is_forgotten_and_what_the_old_one_still_says_is_not_put_in()
    {
        var cache = Alive();
        var other = new Feed();
        other.Prove(clock.GetTimestamp());
        var neighbour = new Address("thing", "n");
        cache.Assign([(Partition + 1, feed)]);
        cache.Put(feed, Earlier, Thing, RecordOf(Thing, 1), clock.GetTimestamp());
        cache.Put(feed, Earlier with { Partition = Partition + 1 }, neighbour, RecordOf(neighbour, 1), clock.GetTimestamp());
        cache.Raise(feed, Partition, 1, 1);
        cache.Raise(feed, Partition + 1, 1, 1);
        cache.Assign([(Partition, other)]);
        Assert.Equal(NearCacheAnswer.Miss, Read(cache, Freshness.Pushed));
        Assert.Equal(NearCacheAnswer.Hit, cache.TryRead(neighbour, Partition + 1, Freshness.Pushed, out _));

        cache.Put(feed, Earlier, Thing, RecordOf(Thing, 2), clock.GetTimestamp());
        cache.Raise(feed, Partition, 1, 9);
        Assert.Equal(NearCacheAnswer.Miss, Read(cache, Freshness.Pushed));
        cache.Put(other, Earlier, Thing, RecordOf(Thing, 3), clock.GetTimestamp());
        cache.Raise(other, Partition, 2, 3);
        cache.Lose(feed);
        Assert.Equal(NearCacheAnswer.Hit, cache.TryRead(Thing, Partition, Freshness.Pushed, out var reading));
        Assert.Equal((3, 3), (reading.Record!.Revision, reading.At.Revision));
        Assert.Equal(NearCacheAnswer.Miss, cache.TryRead(neighbour, Partition + 1, Freshness.Pushed, out _));
    }

    private static NearCacheAnswer Read(NearCache cache, Freshness freshness) => cache.TryRead(Thing, Partition, freshness, out _);

    private static Record RecordOf(Address address, long revision) =>
        new(address, revision, 1, new Dictionary<string, ReadOnlyMemory<byte>> { ["field"] = new byte[100] }, null);

    private NearCache Alive(long maxBytes = StateEngineOptions.DefaultNearCacheMaxBytes)
    {
        var cache = new NearCache(new StateEngineOptions { Clock = clock, NearCacheMaxBytes = maxBytes });
        cache.Assign([(Partition, feed)]);
        feed.Prove(clock.GetTimestamp());
        return cache;
    }
}
