namespace Holdfast.Gateway.Balancing;

/// <summary>What a request says about which instance it should go to.</summary>
/// <param name="Key">What a consistent choice goes by; null when there is nothing.</param>
/// <param name="Mark">The mark of the instance that its client had before, if that still counts.</param>
internal readonly record struct Wish(string? Key, string? Mark)
{
    /// <summary>The only instances that it may go to; null when it may go to any.</summary>
    public Func<Instances.Upstream, bool>? Only { get; init; }
}
