using Holdfast.NearCaching;
using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary>
/// A command to the store, from its submission to its reply, over as many connections as that takes. Written when it
/// is sent, each time anew, as the server may be another by then.
/// </summary>
internal abstract class StoreCall
{
    private const int Waiting = 0;
    private const int Sent = 1;
    private const int GivenUp = 2;

    private int state;
    private bool wasRecalled;

    /// <summary>When it was sent last, by the clock's timestamps.</summary>
    public long SentAt { get; set; }

    /// <summary>When it is given up.</summary>
    public long ExpiresAt { get; set; } = long.MaxValue;

    /// <summary>Whether it is among those that <see cref="CallDeadlines"/> gives an end to, which guards this and the two that follow.</summary>
    public bool IsListed { get; set; }

    /// <summary>The one that is due before it.</summary>
    public StoreCall? Earlier { get; set; }

    /// <summary>The one that is due after it.</summary>
    public StoreCall? Later { get; set; }

    /// <summary>The last error after which it was repeated.</summary>
    public ErrorReply? LastError { get; set; }

    /// <summary>How often the store lacked the function that it calls.</summary>
    public int TimesFunctionMissing { get; set; }

    /// <summary>How often the partition's term was of another tenure.</summary>
    public int TimesTermUnknown { get; set; }

    /// <summary>The call that opens the partition's term, which this one waited for last.</summary>
    public OpenCall? WaitsFor { get; set; }

    /// <summary>Why it is not done yet, if the store has told: the last error that it was answered, or the call was that it waits for.</summary>
    public ErrorReply? Obstacle => LastError ?? WaitsFor?.LastError;

    /// <summary>The partition that it is for, if it is for one.</summary>
    public int Partition { get; protected set; } = -1;

    /// <summary>How often in a row a cluster's node named another one for it.</summary>
    public int TimesMoved { get; set; }

    /// <summary>Whether it is sent next to who is about to take its slot over, and has to say so.</summary>
    public bool IsAsking { get; set; }

    /// <summary>Whether it means one server, and none that takes that one's place.</summary>
    public bool IsPinned { get; init; }

    /// <summary>The pushes among which its reply stood; set before it reads the reply.</summary>
    public Feed Feed { get; set; } = Feed.None;

    /// <summary>Whether it has its result or its fault.</summary>
    public abstract bool IsSettled { get; }

    /// <summary>Whether it is sent, and waits for its reply.</summary>
    public bool IsUnderWay => Volatile.Read(ref state) == Sent;

    /// <summary>Whether it is sent again when the connection is lost.</summary>
    public virtual bool IsRepeatable => true;

    /// <summary>Whether it may be submitted now; if not, it will be by what it waits for.</summary>
    public virtual bool TryEnter() => true;

    /// <summary>Begins to send it; false when it was given up before.</summary>
    public bool TryBegin() => Interlocked.CompareExchange(ref state, Sent, Waiting) == Waiting;

    /// <summary>Takes note that no reply to what was sent will settle it: it waits to be sent again.</summary>
    public void Recall()
    {
        wasRecalled = true;
        Interlocked.CompareExchange(ref state, Waiting, Sent);
    }

    /// <summary>Sees to it that it is not sent any more; false when it is under way.</summary>
    public bool TryGiveUp() => Interlocked.CompareExchange(ref state, GivenUp, Waiting) == Waiting;

    /// <summary>Writes the command.</summary>
    public abstract void Write(RespWriter writer, ServerProfile server);

    /// <summary>Takes the reply. Called by the connection's reader, in the order of replies and pushes.</summary>
    public abstract ReplyVerdict Read(ref RespReader reader, ServerProfile server);

    /// <summary>Takes an error reply itself; false to have it repeated or failed as errors are in general.</summary>
    public virtual bool TryTakeError(ErrorReply error) => false;

    /// <summary>Its reply has been read: nothing on the way to the store and back holds it any more.</summary>
    public void EndWay()
    {
        // Sent more than once, it may be where nobody remembers.
        if (!wasRecalled)
        {
            LetGo();
        }
    }

    /// <summary>Takes note that the connection was lost between sending and reply.</summary>
    public virtual void OnLost()
    {
    }

    /// <summary>Ends the call with a fault.</summary>
    public abstract void Fail(StateException fault);

    /// <summary>Gives who awaits the call its fault, while the call itself goes on.</summary>
    public abstract void Tell(StateException fault);

    /// <summary>Takes note that one of those who hold it does so no more, for a call that is used again.</summary>
    protected virtual void LetGo()
    {
    }

    /// <summary>Makes it as it was before it was first submitted, for a call that is used again and was never recalled.</summary>
    protected virtual void Renew() => (state, SentAt, ExpiresAt, Feed) = (Waiting, 0, long.MaxValue, Feed.None);
}
