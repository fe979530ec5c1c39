using Holdfast.Gateway.Instances;

namespace Holdfast.Gateway.Balancing;

/// <summary>
/// Who may get requests at this moment, near ones first. Made anew whenever an instance has changed. Those that are well
/// and behave; when these are fewer than half of those that take requests at all, health has lost its meaning and all of
/// them get some (panic).
/// </summary>
internal sealed class Candidates
{
    public static readonly Candidates None = new([], [], 1);

    /// <summary>How much of the near region's share its instances can take over from each other: 1.4, as Envoy has it.</summary>
    private const double Overprovisioning = 1.4;

    private Candidates(Upstream[] near, Upstream[] far, double nearShare) => (Near, Far, NearShare) = (near, far, nearShare);

    public Upstream[] Near { get; }

    public Upstream[] Far { get; }

    public IEnumerable<Upstream> All => Near.Concat(Far);

    /// <summary>The part of the requests that stays near, from 0 to 1.</summary>
    public double NearShare { get; }

    public static Candidates Of(IReadOnlyCollection<Upstream> members, string region)
    {
        Upstream[] ready = [.. members.Where(static member => member.IsReady)];
        Upstream[] near = [.. ready.Where(member => IsNear(member, region))];
        Upstream[] far = [.. ready.Where(member => !IsNear(member, region))];
        var (nearUsable, farUsable) = (Usable(near), Usable(far));
        var share = nearUsable.Length == 0 ? 0
            : farUsable.Length == 0 ? 1
            : Math.Min(1, Overprovisioning * nearUsable.Length / near.Length);
        return new Candidates(nearUsable, farUsable, share);
    }

    /// <summary>An instance or a gateway that does not say where it is, is everywhere.</summary>
    private static bool IsNear(Upstream upstream, string region) =>
        region.Length == 0 || upstream.Region.Length == 0 || upstream.Region == region;

    private static Upstream[] Usable(Upstream[] ready)
    {
        Upstream[] taking = [.. ready.Where(static one => one.State != Upstream.Condition.Away)];
        Upstream[] well = [.. taking.Where(static one => one.State == Upstream.Condition.Well && !one.Conduct.IsEjected)];
        return well.Length * 2 < taking.Length ? taking : well;
    }
}
