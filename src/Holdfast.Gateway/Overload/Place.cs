namespace Holdfast.Gateway.Overload;

/// <summary>A request's place among those that a service has at once; see <see cref="Admission"/>, whose lock guards it.</summary>
internal sealed class Place
{
    public Place(long enteredAt) => (EnteredAt, Node) = (enteredAt, new LinkedListNode<Place>(this));

    /// <summary>When it was taken, by the clock's timestamps.</summary>
    public long EnteredAt { get; }

    /// <summary>Where it stands among the others; in no list once it was given up.</summary>
    public LinkedListNode<Place> Node { get; }
}
