using Holdfast.Embedded;
using Holdfast.TestServers;

namespace Holdfast.Tests.Embedded;

/// <summary>The short way of a commit that gives a record its one field leaves just what the long way does, in memory and on disk.</summary>
public sealed class FieldReplacementTests : IDisposable
{
    private static readonly Address Short = new("key", "short");
    private static readonly Address Long = new("key", "long");

    private readonly StoreCopy store = new();
    private readonly SetClock clock = new();

    private StateEngineOptions Options => PatientOptions.Default with { PartitionCount = 1, Clock = clock };

    public void Dispose() => store.Dispose();

    [Fact]
    public async Task Both_ways_lead_to_the_same_record_before_and_after_a_restart()
    {
        (byte[] Value, Expiry Expiry)[] steps =
        [
            ([1], Expiry.After(TimeSpan.FromHours(1))),
            ([], Expiry.Unchanged),
            (new byte[200], Expiry.Unchanged),
            (new byte[20_000], Expiry.Never),
            ([2, 3], Expiry.After(TimeSpan.FromHours(2))),
        ];
        foreach (var (value, expiry) in steps)
        {
            await using (var engine = await store.OpenAsync(Options))
            {
                await SetAsync(engine, Short, value, expiry);
                await engine.CommitAsync(new Commit(LongWay(value, expiry)));
                await SameAsync(engine, value);
                using var crashed = store.Copy();
                await using var recovered = await crashed.OpenAsync(Options);
                await SameAsync(recovered, value);
            }

            await using var again = await store.OpenAsync(Options);
            await SameAsync(again, value);
        }
    }

    [Fact]
    public async Task Both_ways_write_the_same_frames_byte_for_byte()
    {
        // Around where lengths take one more byte, and where the frame is more than fits on the stack.
        int[] sizes = [0, 1, 127, 128, .. Enumerable.Range(900, 150), 16_383, 16_384, 100_000];
        Expiry[] expiries = [Expiry.Unchanged, Expiry.Never, Expiry.After(TimeSpan.FromHours(1)), Expiry.Unchanged, Expiry.Never];
        using var beside = new StoreCopy();
        var steps = new SteppedClock();
        await using (var one = await store.OpenAsync(Options with { Clock = steps }))
        await using (var other = await beside.OpenAsync(Options with { Clock = steps }))
        {
            foreach (var (index, size) in sizes.Index())
            {
                var (value, expiry) = (new byte[size], expiries[index % expiries.Length]);
                Random.Shared.NextBytes(value);
                await SetAsync(one, Long, value, expiry);
                await other.CommitAsync(new Commit(LongWay(value, expiry)));
                steps.Milliseconds += 3;
            }

            var frames = CommitsIn(store);
            Assert.Equal(sizes.Length, frames.Count);
            Assert.Equal(CommitsIn(beside), frames);
        }
    }

    [Fact]
    public async Task A_record_that_has_expired_is_made_anew()
    {
        await using var engine = await store.OpenAsync(Options);
        await SetAsync(engine, Short, [1], Expiry.After(TimeSpan.FromSeconds(5)));
        var first = (await engine.ReadAsync(Short)).Record!;
        clock.Advance(TimeSpan.FromSeconds(6));
        await SetAsync(engine, Short, [2], Expiry.Unchanged);
        var second = (await engine.ReadAsync(Short)).Record!;
        Assert.Equal(first.Revision + 1, second.Birth);
        Assert.Equal(second.Birth, second.Revision);
        clock.Advance(TimeSpan.FromDays(1));
        Assert.NotNull((await engine.ReadAsync(Short)).Record);
    }

    [Fact]
    public async Task Beyond_the_memory_limit_nothing_is_changed()
    {
        await using var engine = await store.OpenAsync(Options with { MaxMemoryBytes = StateEngineOptions.MinMaxMemoryBytes });
        await SetAsync(engine, Short, [1], Expiry.Never);
        var value = new byte[FieldReplacement.MaxValueBytes];
        await Assert.ThrowsAsync<StateFullException>(async () =>
        {
            for (var i = 0; i <= StateEngineOptions.MinMaxMemoryBytes / value.Length; i++)
            {
                await SetAsync(engine, new Address("key", $"{i}"), value, Expiry.Never);
            }
        });
        var head = await engine.ReadHeadAsync(0);
        await Assert.ThrowsAsync<StateFullException>(() => SetAsync(engine, Short, value, Expiry.Never));
        Assert.Equal(head.Revision, (await engine.ReadHeadAsync(0)).Revision);
        Assert.Equal([1], (await engine.ReadAsync(Short)).Record!["f"]!.Value.ToArray());
        await SetAsync(engine, Short, [4], Expiry.Never);
        Assert.Equal([4], (await engine.ReadAsync(Short)).Record!["f"]!.Value.ToArray());
    }

    [Fact]
    public async Task What_is_replaced_by_the_bytes_of_its_address_is_told_and_watched_and_nothing_else_is_replaced()
    {
        await using var engine = await store.OpenAsync(Options);
        var heard = new Queue<(Address?, object?)>();
        var listens = false;
        engine.TryObserve((_, address, origin) => heard.Enqueue((address, origin)), listens: () => listens);
        await using var watch = await engine.WatchAsync(Short, TestContext.Current.CancellationToken);
        var origin = new object();
        await TryReplace(engine, Short, [1], origin)!;
        await watch.WaitAsync(TestContext.Current.CancellationToken);
        await TryReplace(engine, Short, [2], null)!;
        await watch.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal([(Short, origin), (null, origin)], heard);
        listens = true;
        await TryReplace(engine, Short, [3], null)!;
        Assert.Equal([(Short, null), (null, null)], heard.Skip(2));
        var record = (await engine.ReadAsync(Short)).Record!;
        Assert.Equal((3, 1, 1), (record.Revision, record.Birth, record.Fields.Count));

        await engine.CommitAsync(new Commit(RecordChange.Update(Short).Set("g", "4")));
        await engine.CommitAsync(new Commit(RecordChange.Update(Long).Set("g", "4")));
        Assert.Null(TryReplace(engine, Short, [5], null));
        Assert.Null(TryReplace(engine, Long, [5], null));
        Assert.Equal([3], (await engine.ReadAsync(Short)).Record!["f"]!.Value.ToArray());
        Assert.Equal(5, (await engine.ReadHeadAsync(0)).Revision);
    }

    [Fact]
    public async Task Replacing_takes_next_to_nothing_of_the_collectors_memory()
    {
        const int atOnce = 16;
        await using var engine = await store.OpenAsync(Options);
        var least = long.MaxValue;
        for (var round = 0; round < 100; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Task? durable = null;
            for (var i = 0; i < atOnce; i++)
            {
                durable = TryReplace(engine, Short, [1], null, Durability.Written);
            }

            engine.Write();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            await durable!;
        }

        // What a batch takes, which they share, and the values of this test.
        Assert.InRange(least / atOnce, 0, 100);
    }

    private static List<byte[]> CommitsIn(StoreCopy store)
    {
        var log = store.ReadLog("log-000001");
        List<byte[]> commits = [];
        for (var at = LogHeader.Bytes; at < log.Length; at += Frame.HeaderBytes + Frame.LengthOf(log.AsSpan(at)))
        {
            if (log[at + Frame.HeaderBytes] == (byte)FrameKind.Commit)
            {
                commits.Add(log.AsSpan(at + Frame.HeaderBytes, Frame.LengthOf(log.AsSpan(at))).ToArray());
            }
        }

        return commits;
    }

    private static Task? TryReplace(EmbeddedEngine engine, Address address, byte[] value, object? origin, Durability durability = Durability.Synced)
    {
        Span<byte> buffer = stackalloc byte[Address.MaxBytes];
        var bytes = address.WriteTo(buffer);
        var field = new FieldReplacement("f"u8, value, Expiry.Never);
        return engine.TryReplace(bytes, engine.HashOf(bytes), 0, field, durability, new CommitSender(null, 0, origin) { Writes = durability == Durability.Written }, engine.Now());
    }

    private static Task SetAsync(EmbeddedEngine engine, Address address, byte[] value, Expiry expiry) =>
        engine.Begin(0, [new Replacement(address, value, expiry)], Durability.Synced, default);

    private static RecordChange LongWay(byte[] value, Expiry expiry)
    {
        var change = RecordChange.Update(Long).Set("f", value);
        return expiry.IsUnchanged ? change : expiry.IsNever ? change.NeverExpire() : change.ExpireAfter(TimeSpan.FromMilliseconds(expiry.Milliseconds));
    }

    private static async Task SameAsync(EmbeddedEngine engine, byte[] value)
    {
        var one = (await engine.ReadAsync(Short)).Record!;
        var two = (await engine.ReadAsync(Long)).Record!;
        Assert.Equal(value, one["f"]!.Value.ToArray());
        Assert.Single(one.Fields);
        Assert.Equal(two.Revision - 1, one.Revision);
        Assert.Equal(two.Birth - 1, one.Birth);
        Assert.Equal(two.Fields["f"].ToArray(), one.Fields["f"].ToArray());
        Assert.Equal(two.Deadline is null, one.Deadline is null);
        Assert.InRange(TimeProvider.System.GetElapsedTime(one.Deadline ?? 0, two.Deadline ?? 0), TimeSpan.FromMinutes(-1), TimeSpan.FromMinutes(1));
    }

    /// <summary>Takes the short way, and fails if that is not taken.</summary>
    private sealed class Replacement(Address address, byte[] value, Expiry expiry) : RecordDecision(address)
    {
        public override bool TryReplace(in RecordView newest, out FieldReplacement field)
        {
            field = new FieldReplacement("f"u8, value, expiry);
            return true;
        }

        public override RecordChange? Decide(Record? newest) => throw new InvalidOperationException("The short way was not taken.");
    }

    /// <summary>Goes on when it is told to; timers are the system's.</summary>
    private sealed class SteppedClock : TimeProvider
    {
        public long Milliseconds { get; set; } = 1_800_000_000_000;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => Milliseconds;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Milliseconds);
    }
}
