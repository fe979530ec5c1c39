using Holdfast.Embedded;

namespace Holdfast.Tests.Embedded;

/// <summary>What a store that was left behind says when it is opened again: everything, or why not.</summary>
public sealed class RecoveryTests : IDisposable
{
    private static readonly Address Counter = new("counter", "a");

    private readonly StoreCopy store = new();

    public void Dispose() => store.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Records_events_expiries_request_ids_and_clients_are_found_again(bool closed)
    {
        var (kept, gone) = (new Address("kept", "a", "1"), new Address("gone", "a"));
        var commit = new Commit(RecordChange.Update(kept).Set("text", "x").Add("n", 2).ExpireAfter(TimeSpan.FromHours(1)))
        {
            Events = [new NewEvent("made", "payload"u8.ToArray())],
            Request = new RequestId("once", "first"),
        };
        var engine = await store.OpenAsync();
        var first = await engine.CommitAsync(commit);
        await engine.CommitAsync(new Commit(RecordChange.Update(kept).Remove("text").Set("other", "y"), RecordChange.Update(gone)));
        await engine.CommitAsync(new Commit(RecordChange.Delete(gone)));
        await engine.CommitAsync(new Commit(RecordChange.Keep(kept).ExpireAfter(TimeSpan.FromHours(2))));
        await engine.CommitAsync(new Commit(RecordChange.Update(kept).Add("n", 1)), new CommitSender("client", 7, null), null, default);
        var head = engine.Head(0);
        if (closed)
        {
            await engine.DisposeAsync();
        }

        using var copy = store.Copy();
        await engine.DisposeAsync();
        await using var again = await copy.OpenAsync();
        var record = (await again.ReadAsync(kept)).Record!;
        Assert.Equal((3, "y", null, 1, 4), (record.Counter("n"), record.Text("other"), record.Text("text"), record.Birth, record.Revision));
        Assert.InRange(record.TimeToLive(TimeProvider.System)!.Value, TimeSpan.FromMinutes(119), TimeSpan.FromMinutes(120));
        Assert.Null((await again.ReadAsync(gone)).Record);
        var told = Assert.Single((await again.ReadJournalAsync(0, JournalPosition.Start)).Events);
        Assert.Equal(("made", new JournalPosition(1, 0)), (told.Type, told.Position));
        var replay = await again.CommitAsync(commit);
        Assert.Equal((true, first.At), (replay.IsReplay, replay.At));
        var repeated = await again.CommitAsync(new Commit(RecordChange.Update(kept).Add("n", 1)), new CommitSender("client", 7, null), null, default);
        Assert.Equal((true, 4L), (repeated.Result.IsReplay, repeated.Result.At.Revision));
        Assert.Equal([.. head.Terms, new TermStart(again.Head(0).At.Term, head.Revision)], again.Head(0).Terms);
    }

    [Fact]
    public async Task A_record_that_expires_while_the_store_is_closed_is_absent()
    {
        var clock = new SetClock();
        await using (var engine = await store.OpenAsync(StoreCopy.OnePartition with { Clock = clock }))
        {
            await engine.CommitAsync(new Commit(RecordChange.Update(Counter).ExpireAfter(TimeSpan.FromMinutes(1))));
        }

        clock.Advance(TimeSpan.FromMinutes(1));
        await using var again = await store.OpenAsync(StoreCopy.OnePartition with { Clock = clock });
        Assert.Null((await again.ReadAsync(Counter)).Record);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task What_was_only_written_is_cut_to_its_last_whole_frame_wherever_it_ends(int zerosAhead)
    {
        using var left = await CountedAsync(commits: 2, Durability.Written);
        var log = left.ReadLog("log-000001");
        var highest = 0L;
        for (var length = SyncedLength(left, log); length <= log.Length; length++)
        {
            byte[] file = [.. log[..length], .. new byte[zerosAhead]];
            File.WriteAllBytes(left["log-000001"], file);
            using var copy = left.Copy();
            await using (var engine = await copy.OpenAsync())
            {
                var count = (await engine.ReadAsync(Counter)).Record?.Counter("n") ?? 0;
                Assert.InRange(count, highest, highest + 1);
                highest = count;
                await engine.CommitAsync(new Commit(RecordChange.Update(Counter).Add("n", 1)));
                Assert.Equal(count + 1, (await engine.ReadAsync(Counter)).Record!.Counter("n"));
            }

            // Zeros alone are no torn tail, and what is one ends before them.
            var whole = WholeEnd(log, file);
            var torn = file.AsSpan(whole).LastIndexOfAnyExcept((byte)0) + 1;
            var told = copy.Events.Where(static told => told.Name == "TornTailCut").Select(static told => told.Message).SingleOrDefault();
            Assert.Equal(torn > 0, told is not null);
            Assert.Contains(torn > 0 ? $"in {torn} bytes of unfinished frames at offset {whole}" : "", told ?? "", StringComparison.Ordinal);
        }

        Assert.Equal(2, highest);
    }

    [Fact]
    public async Task What_was_synchronised_and_is_missing_is_refused_wherever_the_log_ends()
    {
        using var left = await CountedAsync(commits: 2, Durability.Synced);
        var log = left.ReadLog("log-000001");
        for (var length = 0; length < log.Length; length++)
        {
            using var copy = left.Copy();
            File.WriteAllBytes(copy["log-000001"], log[..length]);
            var fault = await Assert.ThrowsAsync<StateCorruptException>(() => copy.OpenAsync());
            Assert.Contains(copy["log-000001"], fault.Message, StringComparison.Ordinal);
            Assert.Equal(length, new FileInfo(copy["log-000001"]).Length);
        }
    }

    [Fact]
    public async Task A_flipped_bit_in_the_log_is_refused_with_its_place_and_never_read()
    {
        using var left = await CountedAsync(commits: 2, Durability.Synced);
        var log = left.ReadLog("log-000001");
        for (var place = 0; place < log.Length; place++)
        {
            using var copy = left.Copy();
            File.WriteAllBytes(copy["log-000001"], Flipped(log, place));
            var fault = await Assert.ThrowsAsync<StateCorruptException>(() => copy.OpenAsync());
            Assert.Contains(copy["log-000001"], fault.Message, StringComparison.Ordinal);
            Assert.Contains($"offset {(place < LogHeader.Bytes ? 0 : FrameAt(log, place).Start)}:", fault.Message, StringComparison.Ordinal);
            Assert.Equal(Flipped(log, place), File.ReadAllBytes(copy["log-000001"]));
        }
    }

    [Fact]
    public async Task Damage_to_one_slot_of_what_was_synchronised_is_borne_and_to_both_is_refused()
    {
        using var left = await CountedAsync(commits: 2, Durability.Synced);
        var synced = File.ReadAllBytes(left["synced"]);
        for (var place = 0; place < Frame.HeaderBytes; place++)
        {
            using var copy = left.Copy();
            File.WriteAllBytes(copy["synced"], Flipped(synced, place));
            await using (var engine = await copy.OpenAsync())
            {
                Assert.Equal(2, (await engine.ReadAsync(Counter)).Record!.Counter("n"));
            }

            File.WriteAllBytes(copy["synced"], Flipped(Flipped(synced, place), 4096 + place));
            var fault = await Assert.ThrowsAsync<StateCorruptException>(() => copy.OpenAsync());
            Assert.Contains(copy["synced"], fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_store_of_format_1_is_read_and_becomes_one_of_format_2()
    {
        using var left = await CountedAsync(commits: 2, Durability.Synced);
        File.Delete(left["synced"]);
        var manifest = File.ReadAllText(left["manifest"]).Split("crc ")[0].Replace("holdfast-store 2", "holdfast-store 1", StringComparison.Ordinal);
        var body = System.Text.Encoding.UTF8.GetBytes(manifest);
        File.WriteAllText(left["manifest"], $"{manifest}crc {Frame.Sum(Frame.SumPayload(0, body), 0, body.Length):x8}\n");
        for (var i = 0; i < 2; i++)
        {
            await using var engine = await left.OpenAsync();
            Assert.Equal(2, (await engine.ReadAsync(Counter)).Record!.Counter("n"));
            Assert.True(File.Exists(left["synced"]));
        }
    }

    [Fact]
    public async Task A_flipped_bit_in_the_snapshot_is_refused_with_its_place()
    {
        await using (var engine = await store.OpenAsync())
        {
            await engine.CommitAsync(new Commit(RecordChange.Update(Counter).Add("n", 1)) { Events = [new NewEvent("made", default)], Request = new RequestId("r") });
        }

        var snapshot = File.ReadAllBytes(store["snapshot-000001"]);
        for (var place = 0; place < snapshot.Length; place++)
        {
            using var copy = store.Copy();
            File.WriteAllBytes(copy["snapshot-000001"], Flipped(snapshot, place));
            var fault = await Assert.ThrowsAsync<StateCorruptException>(() => copy.OpenAsync());
            Assert.Contains(copy["snapshot-000001"], fault.Message, StringComparison.Ordinal);
            Assert.Matches("at offset [0-9]+", fault.Message);
        }
    }

    [Fact]
    public async Task A_damaged_manifest_is_refused()
    {
        await using (await store.OpenAsync())
        {
        }

        var manifest = File.ReadAllBytes(store["manifest"]);
        byte[][] damaged = [[], new byte[manifest.Length], .. Enumerable.Range(0, manifest.Length).Select(place => Flipped(manifest, place))];
        foreach (var bytes in damaged)
        {
            using var copy = store.Copy();
            File.WriteAllBytes(copy["manifest"], bytes);
            var fault = await Assert.ThrowsAnyAsync<StateException>(() => copy.OpenAsync());
            Assert.True(fault is StateCorruptException or StateMismatchException, fault.ToString());
            Assert.Contains(copy["manifest"], fault.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("manifest")]
    [InlineData("snapshot-000001")]
    [InlineData("log-000002")]
    [InlineData("synced")]
    public async Task A_missing_file_is_refused_and_never_starts_empty(string file)
    {
        await using (var engine = await store.OpenAsync())
        {
            await engine.CommitAsync(new Commit(RecordChange.Update(Counter)));
        }

        File.Delete(store[file]);
        var before = Directory.GetFiles(store.Folder).Order();
        var fault = await Assert.ThrowsAsync<StateCorruptException>(() => store.OpenAsync());
        Assert.Contains(file, fault.Message, StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetFiles(store.Folder).Order());
    }

    /// <summary>A store that crashed after so many commits.</summary>
    private async Task<StoreCopy> CountedAsync(int commits, Durability durability)
    {
        await using var engine = await store.OpenAsync();
        for (var i = 0; i < commits; i++)
        {
            await engine.CommitAsync(new Commit(RecordChange.Update(Counter).Add("n", 1)) { Durability = durability });
        }

        return store.Copy();
    }

    /// <summary>Where the last frame ends that is known to have been synchronised.</summary>
    private static int SyncedLength(StoreCopy copy, ReadOnlySpan<byte> log)
    {
        var synced = SyncedFile.Read(StoreDisk.Machine, copy.Folder, Manifest.Load(StoreDisk.Machine, copy.Folder)!.Salt);
        var end = LogHeader.Bytes;
        for (; synced > 0; synced--)
        {
            end += Frame.HeaderBytes + Frame.LengthOf(log[end..]);
        }

        return end;
    }

    /// <summary>Where the last frame of the log ends that the file holds: one that ends in zeros may be whole by those ahead.</summary>
    private static int WholeEnd(ReadOnlySpan<byte> log, ReadOnlySpan<byte> file)
    {
        var end = LogHeader.Bytes;
        while (end < log.Length && end + Frame.HeaderBytes + Frame.LengthOf(log[end..]) is var next && file.StartsWith(log[..next]))
        {
            end = next;
        }

        return end;
    }

    private static byte[] Flipped(byte[] bytes, int place)
    {
        var flipped = (byte[])bytes.Clone();
        flipped[place] ^= (byte)(1 << (place % 8));
        return flipped;
    }

    /// <summary>The frame that holds the place; at the end of the log the last one.</summary>
    private static (int Start, int Bytes) FrameAt(ReadOnlySpan<byte> log, int place)
    {
        var (start, bytes) = (LogHeader.Bytes, 0);
        while (start + bytes <= place && start + bytes + Frame.HeaderBytes < log.Length
            && start + bytes + Frame.HeaderBytes + Frame.LengthOf(log[(start + bytes)..]) <= log.Length)
        {
            start += bytes;
            bytes = Frame.HeaderBytes + Frame.LengthOf(log[start..]);
        }

        return (start, bytes);
    }
}
