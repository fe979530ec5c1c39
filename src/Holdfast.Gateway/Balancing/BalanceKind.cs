namespace Holdfast.Gateway.Balancing;

/// <summary>How requests are spread over a service's instances.</summary>
internal enum BalanceKind
{
    /// <summary>One after the other, each by its weight.</summary>
    RoundRobin,

    /// <summary>The one with the fewest requests in flight for its weight.</summary>
    LeastRequests,

    /// <summary>Of two at random the one with fewer requests in flight for its weight.</summary>
    TwoChoices,

    /// <summary>The same value of a header or cookie leads to the same instance, as long as it is there.</summary>
    Hash,
}
