using Holdfast.Gateway.Instances;

namespace Holdfast.Gateway.Balancing;

/// <summary>
/// How one of several instances is chosen. Implementations are safe for concurrent use and never return null for a
/// list that is not empty.
/// </summary>
internal abstract class Choice
{
    /// <summary>Chooses one.</summary>
    /// <param name="candidates">At least one.</param>
    /// <param name="key">What a consistent choice goes by; null when the request has none.</param>
    /// <param name="shares">Their shares of the requests, in the same order; null when all are equal.</param>
    public abstract Upstream Among(ReadOnlySpan<Upstream> candidates, string? key, double[]? shares);

    public static Choice Of(BalanceKind kind) => kind switch
    {
        BalanceKind.LeastRequests => new LeastRequests(),
        BalanceKind.TwoChoices => new TwoChoices(),
        BalanceKind.Hash => new ConsistentHash(),
        _ => new RoundRobin(),
    };
}
