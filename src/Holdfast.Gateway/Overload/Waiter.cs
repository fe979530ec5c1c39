using Holdfast.Gateway.Sockets;

namespace Holdfast.Gateway.Overload;

/// <summary>One who waits in line; see <see cref="WaitingLine"/>. It goes on on the loop that it came from, and elsewhere if it came from none.</summary>
internal sealed class Waiter : IThreadPoolWorkItem
{
    private readonly SocketLoop? loop = SocketLoop.Current;
    private readonly TaskCompletionSource<Place?> entry;
    private Place? place;
    private CancellationToken cancelled;

    public Waiter(long since, TimeSpan patience)
    {
        (Since, Patience, Node) = (since, patience, new LinkedListNode<Waiter>(this));
        entry = new TaskCompletionSource<Place?>(loop is null ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None);
    }

    /// <summary>When it lined up, by the clock's timestamps.</summary>
    public long Since { get; }

    /// <summary>How long it waits for a service without an instance.</summary>
    public TimeSpan Patience { get; }

    /// <summary>Where it stands in the line.</summary>
    public LinkedListNode<Waiter> Node { get; }

    /// <summary>Its place once it is let in; null when it is turned away.</summary>
    public Task<Place?> Entry => entry.Task;

    /// <summary>Lets it in, or turns it away by null. It is in the line no more.</summary>
    public void Answer(Place? given)
    {
        if (loop is null)
        {
            entry.SetResult(given);
            return;
        }

        place = given;
        loop.Post(this);
    }

    /// <summary>It has gone away, and is in the line no more.</summary>
    public void Cancel(CancellationToken token)
    {
        if (loop is null)
        {
            entry.SetCanceled(token);
            return;
        }

        cancelled = token;
        loop.Post(this);
    }

    public void Execute()
    {
        if (cancelled.IsCancellationRequested)
        {
            entry.SetCanceled(cancelled);
        }
        else
        {
            entry.SetResult(place);
        }
    }
}
