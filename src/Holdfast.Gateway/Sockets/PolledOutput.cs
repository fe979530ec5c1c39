using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;

namespace Holdfast.Gateway.Sockets;

/// <summary>
/// What the server writes to a client: flushing gives it to the kernel at once, all of it in one call, and is done when the kernel has taken it. A connection that is broken is told as its reader's
/// end, as the server expects it, and not by an exception: what is written then goes nowhere.
/// </summary>
/// <remarks>
/// Over TLS a broken connection may be completed while its stream still writes, so each step is taken under a gate, and room that somebody may be writing to never becomes another client's.
/// </remarks>
internal sealed class PolledOutput(PolledSocket socket, MemoryPool<byte> memory, Action broken) : PipeWriter
{
    private static readonly FlushResult Flushed = new(isCanceled: false, isCompleted: false);
    private static readonly FlushResult Ended = new(isCanceled: false, isCompleted: true);
    private readonly List<IMemoryOwner<byte>> blocks = new(1);
    private readonly List<ReadOnlyMemory<byte>> pieces = new(1);
    private Memory<byte> room;
    private int written;
    private long unflushed;
    private CancellationTokenSource? cancelling;
    private readonly Lock gate = new();
    private bool isBroken;
    private bool isFlushing;
    private bool isCompleted;

    /// <summary>Whether something was sent while its reader was told that the client sends no more, though it may.</summary>
    public bool WasUsedAtRest { get; private set; }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => unflushed;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isCompleted, this);
            if (room.Length - written < Math.Max(sizeHint, 1))
            {
                EndPiece();
                var block = sizeHint > memory.MaxBufferSize ? MemoryPool<byte>.Shared.Rent(sizeHint) : memory.Rent(Math.Max(sizeHint, 1));
                blocks.Add(block);
                room = block.Memory;
            }

            return room[written..];
        }
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isCompleted, this);
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)bytes, (uint)(room.Length - written));
            written += bytes;
            unflushed += bytes;
        }
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        lock (gate)
        {
            if (isBroken || unflushed == 0)
            {
                Release();
                return new ValueTask<FlushResult>(isBroken ? Ended : Flushed);
            }

            EndPiece();
            WasUsedAtRest |= socket.IsInterrupted;
            try
            {
                if (Send())
                {
                    Release();
                    return new ValueTask<FlushResult>(Flushed);
                }
            }
            catch (IOException)
            {
                Release();
                return new ValueTask<FlushResult>(Break());
            }

            isFlushing = true;
        }

        return FinishAsync(cancellationToken);
    }

    public override void CancelPendingFlush() => Volatile.Read(ref cancelling)?.Cancel();

    public override void Complete(Exception? exception = null)
    {
        lock (gate)
        {
            isCompleted = true;
            if (isFlushing)
            {
                // The kernel may be about to take something of it.
                return;
            }

            var mayBeWrittenTo = !room.IsEmpty;
            if (exception is null && unflushed > 0 && !isBroken)
            {
                EndPiece();
                TrySend();
            }

            if (mayBeWrittenTo)
            {
                blocks.RemoveAt(blocks.Count - 1);
            }

            Release();
        }
    }

    /// <summary>Gives the kernel what it takes of the last words.</summary>
    private void TrySend()
    {
        try
        {
            Send();
        }
        catch (IOException)
        {
            isBroken = true;
        }
    }

    /// <summary>Gives the kernel what it takes now. Returns whether that is all.</summary>
    private bool Send()
    {
        while (pieces.Count > 0)
        {
            var sent = socket.Send(CollectionsMarshal.AsSpan(pieces));
            if (sent < 0)
            {
                return false;
            }

            var whole = 0;
            while (whole < pieces.Count && sent >= pieces[whole].Length)
            {
                sent -= pieces[whole++].Length;
            }

            pieces.RemoveRange(0, whole);
            if (sent > 0)
            {
                pieces[0] = pieces[0][sent..];
            }
        }

        return true;
    }

    private async ValueTask<FlushResult> FinishAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Volatile.Write(ref cancelling, ending);
        try
        {
            for (; pieces.Count > 0; pieces.RemoveAt(0))
            {
                await socket.SendAsync(pieces[0], ending.Token);
            }

            return Flushed;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // A part of a piece may have been sent: nothing that comes after it makes sense any more.
            _ = Break();
            return new FlushResult(isCanceled: true, isCompleted: true);
        }
        catch (OperationCanceledException)
        {
            _ = Break();
            throw;
        }
        catch (IOException)
        {
            return Break();
        }
        finally
        {
            Volatile.Write(ref cancelling, null);
            lock (gate)
            {
                isFlushing = false;
                Release();
            }
        }
    }

    private FlushResult Break()
    {
        isBroken = true;
        broken();
        return Ended;
    }

    private void EndPiece()
    {
        if (written > 0)
        {
            pieces.Add(room[..written]);
        }

        (room, written) = (default, 0);
    }

    private void Release()
    {
        (room, written, unflushed) = (default, 0, 0);
        pieces.Clear();
        foreach (var block in blocks)
        {
            block.Dispose();
        }

        blocks.Clear();
    }
}
