using System.Buffers.Binary;

namespace Holdfast.Embedded;

/// <summary>Frames that go to the log in one write, and who waits for them. Guarded by the log writer.</summary>
internal sealed class LogBatch(long firstSequence, byte[]? spare = null)
{
    private const int SyncedMarkPayload = 1 + sizeof(long);

    // The frame that tells what was synchronised goes in front, if there is something to tell once the batch is written.
    private const int SyncedMarkBytes = Frame.HeaderBytes + SyncedMarkPayload;
    private const int InitialBytes = 16 << 10;
    private const int KeptBytes = 1 << 20;

    private readonly TaskCompletionSource written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private byte[] buffer = spare ?? new byte[InitialBytes];
    private int end = SyncedMarkBytes;

    public long FirstSequence { get; } = firstSequence;

    public long LastSequence { get; private set; } = firstSequence - 1;

    /// <summary>Whether somebody waits for the disk.</summary>
    public bool NeedsSync { get; private set; }

    public List<ILogEntry> Entries { get; } = [];

    public int Bytes => end - SyncedMarkBytes;

    public bool IsEmpty => end == SyncedMarkBytes;

    public Task TaskOf(bool untilSynced) => untilSynced ? synced.Task : written.Task;

    public void Add(uint payloadSum, ReadOnlySpan<byte> payload, ILogEntry entry)
    {
        var bytes = Frame.HeaderBytes + payload.Length;
        if (buffer.Length - end < bytes)
        {
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, end + bytes));
        }

        LastSequence++;
        Frame.Write(buffer.AsSpan(end), payloadSum, LastSequence, payload);
        end += bytes;
        Entries.Add(entry);
        NeedsSync |= entry.UntilSynced;
    }

    /// <summary>The frames, preceded by the mark if there is one to make.</summary>
    public ReadOnlySpan<byte> Frames(ulong salt, long? syncedSequence)
    {
        if (syncedSequence is not { } sequence)
        {
            return buffer.AsSpan(SyncedMarkBytes, end - SyncedMarkBytes);
        }

        Span<byte> payload = stackalloc byte[SyncedMarkPayload];
        payload[0] = (byte)FrameKind.Synced;
        BinaryPrimitives.WriteInt64LittleEndian(payload[1..], sequence);
        Frame.Write(buffer, Frame.SumPayload(salt, payload), FirstSequence - 1, payload);
        return buffer.AsSpan(0, end);
    }

    /// <summary>The buffer of a batch that has ended, for another one; null when it has grown too large to keep.</summary>
    public byte[]? Spare => buffer.Length <= KeptBytes ? buffer : null;

    public void CompleteWritten() => written.TrySetResult();

    public void CompleteSynced() => synced.TrySetResult();

    public void Fail(Exception fault)
    {
        written.TrySetException(fault);
        synced.TrySetException(fault);

        // Nobody may be waiting for one of them, which is no fault of its own.
        _ = written.Task.Exception;
        _ = synced.Task.Exception;
    }
}
