using System.IO.Pipes;
using Holdfast.Embedded;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Tests.Embedded;

/// <summary>What the log does when the disk does not do its part.</summary>
public sealed class LogWriterTests : IDisposable
{
    private readonly StoreCopy store = new();

    public void Dispose() => store.Dispose();

    [Fact]
    public async Task A_failed_write_takes_back_what_was_not_acknowledged_and_ends_writing()
    {
        using var segment = NewSegment();
        using var log = StartOn(segment);
        var written = new Entry();
        await log.Append([1], written, out _);
        segment.Dispose();

        var lost = new Entry();
        await Assert.ThrowsAsync<CommitUnknownException>(() => log.Append([2], lost, out _));
        Assert.Throws<StateUnavailableException>(() => { _ = log.Append([3], new Entry(), out _); });
        Assert.Equal((1, 0), (written.Released, written.RolledBack));
        Assert.Equal((0, 1), (lost.Released, lost.RolledBack));
        Assert.Equal("WritesEnded", Assert.Single(store.Events, static told => told.Level == EngineEventLevel.Error).Name);
    }

    // By then it may stand in another batch, as another commit.
    [Fact]
    public async Task What_was_released_hears_nothing_more_though_the_rest_of_its_batch_fails()
    {
        using var segment = NewSegment();
        using var log = StartOn(segment);
        using var hold = new ManualResetEventSlim();
        var first = log.Append([1], new Entry(hold.Wait) { UntilSynced = false }, out _);
        var written = new Entry(segment.Dispose) { UntilSynced = false };
        var lost = new Entry();
        var ended = log.Append([2], written, out _);
        var never = log.Append([3], lost, out _);
        hold.Set();
        await first;
        await ended;
        await Assert.ThrowsAsync<CommitUnknownException>(() => never);
        Assert.Equal((1, 0), (written.Released, written.RolledBack));
        Assert.Equal((0, 1), (lost.Released, lost.RolledBack));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_frame_is_in_the_file_before_its_entry_is_released(bool untilSynced)
    {
        using var segment = NewSegment();
        using var log = StartOn(segment);
        var payload = Enumerable.Repeat((byte)7, 100).ToArray();
        byte[] found = [];
        await log.Append(payload, new Entry(() => found = ReadLog()) { UntilSynced = untilSynced }, out _);
        Assert.Equal(payload, found[(LogHeader.Bytes + Frame.HeaderBytes)..][..payload.Length]);
    }

    [Fact]
    public async Task What_follows_a_frame_is_done_once_it_is_durable_and_once_it_can_never_be()
    {
        using var segment = NewSegment();
        using var log = StartOn(segment);
        using var hold = new ManualResetEventSlim();

        // The log's thread stands still in the release of the first frame, so that the second is followed before it is written.
        var first = log.Append([1], new Entry(hold.Wait) { UntilSynced = false }, out _);
        var entry = new Entry();
        var second = log.Append([2], entry, out _);
        var releasedBefore = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        Assert.True(log.TryFollow(second, () => releasedBefore.SetResult(second.IsCompleted ? entry.Released : -1)));
        hold.Set();
        Assert.Equal(1, await releasedBefore.Task);
        await first;
        Assert.False(log.TryFollow(second, () => releasedBefore.SetException(new InvalidOperationException("It has ended."))));

        hold.Reset();
        var last = log.Append([3], new Entry(hold.Wait) { UntilSynced = false }, out _);
        var lost = log.Append([4], new Entry(), out _);
        var followed = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        Assert.True(log.TryFollow(lost, () => followed.SetResult(lost.Exception?.InnerException)));
        segment.Dispose();
        hold.Set();
        Assert.IsAssignableFrom<StateException>(await followed.Task);
        await Task.WhenAny(last);
    }

    [Fact]
    public void A_disk_that_does_not_take_a_file_is_noticed()
    {
        using var pipe = new AnonymousPipeServerStream();
        using var notADisk = new SafeFileHandle(pipe.SafePipeHandle.DangerousGetHandle(), ownsHandle: false);
        using var file = new MachineFile(notADisk);
        Assert.Throws<IOException>(file.Sync);
    }

    [Fact]
    public void Zeros_are_written_ahead_of_what_is_synchronised_and_nothing_of_them_stays_behind_a_cut()
    {
        using var segment = NewSegment();
        var lengths = new HashSet<long>();
        for (var i = 1; i <= 1000; i++)
        {
            segment.AppendSynced(new byte[100]);
            Assert.Equal(LogHeader.Bytes + (100 * i), segment.Length);
            lengths.Add(ReadLog().LongLength);
        }

        // The file grew a few times, and not with each append.
        Assert.InRange(lengths.Count, 2, 4);
        Assert.All(lengths, length => Assert.True(length >= 64 << 10));
        segment.CutToLength();
        Assert.Equal(segment.Length, ReadLog().LongLength);
        segment.Append([1, 2, 3]);
        Assert.Equal(segment.Length, ReadLog().LongLength);
    }

    [Fact]
    public async Task A_frame_that_no_start_would_read_is_not_taken_and_the_next_one_is()
    {
        using var segment = NewSegment();
        using var log = StartOn(segment);
        var entry = new Entry();
        Assert.Throws<StateLimitException>(() => { _ = log.Append(new byte[Frame.MaxPayloadBytes + 1], entry, out _); });
        await log.Append(new byte[Frame.MaxPayloadBytes], entry, out var sequence);
        Assert.Equal((1, 1, 0), (sequence, entry.Released, entry.RolledBack));
    }

    private LogSegment NewSegment()
    {
        SyncedFile.Create(StoreDisk.Machine, store.Folder, 1, 0);
        return LogSegment.Create(StoreDisk.Machine, store.Folder, 1, salt: 1, firstSequence: 1);
    }

    private LogWriter StartOn(LogSegment segment)
    {
        var log = new LogWriter(
            new LogFiles(StoreDisk.Machine, store.Folder, 1, segment, 0, new StoreClock(TimeProvider.System)), store.Events.Enqueue);
        log.Start();
        return log;
    }

    private byte[] ReadLog() => StoreDisk.Machine.ReadAll(store["log-000001"]);

    private sealed class Entry(Action? released = null) : ILogEntry
    {
        public bool UntilSynced { get; init; } = true;

        public int Released { get; private set; }

        public int RolledBack { get; private set; }

        public void Release()
        {
            released?.Invoke();
            Released++;
        }

        public void RollBack() => RolledBack++;
    }
}
