using System.Numerics;

namespace Holdfast.Redis;

/// <summary>
/// The sequence numbers of this client's commits in one partition. The store remembers a commit in slot
/// <c>sequence mod 64</c>, so a slot must not be used again before its commit is settled: while all are taken, commits
/// wait here, and numbers whose slot is taken are passed over.
/// </summary>
internal sealed class SequenceWindow
{
    /// <summary>How many slots the store keeps for a client and partition.</summary>
    public const int Slots = 64;

    /// <summary>How long the store need not be told to keep what it remembers of this client, which it does for twice as long.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(5);

    private const long Never = long.MinValue;

    private readonly Lock gate = new();
    private readonly LinkedList<CommitCall> waiting = new();
    private readonly Queue<CommitCall> ready = new();
    private ulong taken;
    private long last;
    private bool isSending;
    private long term;
    private long keptSince = Never;

    /// <summary>
    /// Whether what the store remembers will, in its present term as far as is known, outlive by far a commit that is repeated until this time at most:
    /// then it has lately been told to keep it.
    /// </summary>
    public bool IsKept(TimeProvider clock, long expiresAt) => Volatile.Read(ref keptSince) is not Never and var since && clock.GetElapsedTime(since, expiresAt) < Kept;

    /// <summary>Takes note that a commit was made.</summary>
    /// <param name="inTerm">In which term. What another one remembers may be less, a lower one too: a server may go on in that.</param>
    /// <param name="sentAt">When it was sent, if it had the store keep what it remembers.</param>
    public void Made(long inTerm, long? sentAt)
    {
        lock (gate)
        {
            if (inTerm != term)
            {
                term = Math.Max(inTerm, term);
                Volatile.Write(ref keptSince, Never);
            }

            if (inTerm == term && sentAt > keptSince)
            {
                Volatile.Write(ref keptSince, sentAt.Value);
            }
        }
    }

    /// <summary>Gives the commit its number; false when it has to wait, and will be answered by <see cref="Leave"/>.</summary>
    public bool TryEnter(CommitCall commit)
    {
        lock (gate)
        {
            if (commit.HasLeft)
            {
                return false;
            }

            if (taken == ulong.MaxValue)
            {
                commit.Place = waiting.AddLast(commit);
                return false;
            }

            commit.Sequence = Take();
            return true;
        }
    }

    /// <summary>
    /// Frees the slot of a commit that is settled, and gives it to the one that waits longest, which is answered to be
    /// sent. One that waited itself, and was given up, just leaves.
    /// </summary>
    public CommitCall? Leave(CommitCall commit)
    {
        lock (gate)
        {
            commit.HasLeft = true;
            if (commit.Place is { } place)
            {
                waiting.Remove(place);
                commit.Place = null;
            }

            if (commit.Sequence == 0)
            {
                return null;
            }

            taken &= ~(1UL << (int)(commit.Sequence % Slots));
            if (waiting.First is not { Value: var next })
            {
                return null;
            }

            waiting.RemoveFirst();
            next.Place = null;
            next.Sequence = Take();
            return next;
        }
    }

    /// <summary>
    /// Sends a commit that has waited. One that can't be sent settles at once and answers the next; they go one after the
    /// other, never one within another, so that however many wait, the stack does not grow.
    /// </summary>
    public void Send(CommitCall commit, Action<StoreCall> submit)
    {
        lock (gate)
        {
            ready.Enqueue(commit);
            if (isSending)
            {
                return;
            }

            isSending = true;
        }

        while (TryTakeReady() is { } next)
        {
            submit(next);
        }
    }

    private CommitCall? TryTakeReady()
    {
        lock (gate)
        {
            isSending = ready.TryDequeue(out var next);
            return next;
        }
    }

    private long Take()
    {
        // Rotated so that bit 0 is the slot of the next number: the run of taken slots tells how many to pass over.
        var ahead = BitOperations.RotateRight(taken, (int)((last + 1) % Slots));
        last += 1 + BitOperations.TrailingZeroCount(~ahead);
        taken |= 1UL << (int)(last % Slots);
        return last;
    }
}
