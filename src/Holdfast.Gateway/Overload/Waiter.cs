namespace Holdfast.Gateway.Overload;

/// <summary>One who waits in line; see <see cref="WaitingLine"/>.</summary>
internal sealed class Waiter
{
    public Waiter(long since, TimeSpan patience) => (Since, Patience, Node) = (since, patience, new LinkedListNode<Waiter>(this));

    /// <summary>When it lined up, by the clock's timestamps.</summary>
    public long Since { get; }

    /// <summary>How long it waits for a service without an instance.</summary>
    public TimeSpan Patience { get; }

    /// <summary>Where it stands in the line.</summary>
    public LinkedListNode<Waiter> Node { get; }

    /// <summary>Its place once it is let in; null when it is turned away.</summary>
    public TaskCompletionSource<Place?> Entry { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
