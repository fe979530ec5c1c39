namespace Holdfast.Gateway.Overload;

/// <summary>A request's place among those that a service has at once; see <see cref="Admission"/>, whose lock guards it.</summary>
internal sealed class Place
{
    public Place(long enteredAt, int inside) => (EnteredAt, Inside, Node) = (enteredAt, inside, new LinkedListNode<Place>(this));

    /// <summary>When it was taken, by the clock's timestamps.</summary>
    public long EnteredAt { get; }

    /// <summary>How many were inside then, this one included.</summary>
    public int Inside { get; }

    /// <summary>Where it stands among the others; in no list once it was given up.</summary>
    public LinkedListNode<Place> Node { get; }
}
