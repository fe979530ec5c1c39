namespace Holdfast.EndToEnd.Tests.Shoppers;

/// <summary>What shoppers put up with, and how busy they are.</summary>
internal sealed record Lenience
{
    /// <summary>Whether a POST that began at that moment of <see cref="History.Now"/> may be answered 502 or 503 by now.</summary>
    public required Func<TimeSpan, bool> MayPostFail { get; init; }

    /// <summary>Whether gateways die.</summary>
    public bool GatewaysDie { get; init; }

    /// <summary>Whether a request that began at that moment, and got no answer, had a gateway that has died.</summary>
    public Func<TimeSpan, bool> MayBreak { get; init; } = static _ => false;

    /// <summary>Whether the store was away, in the time of a request that began at that moment and was answered 503, for longer than requests wait for it.</summary>
    public Func<TimeSpan, bool> MayBeClosed { get; init; } = static _ => false;

    /// <summary>Where shoppers note what they have sent.</summary>
    public RequestsInFlight InFlight { get; init; } = new();

    /// <summary>Longest pause between what a shopper does and the next.</summary>
    public int MaxPauseMilliseconds { get; init; } = 60;
}
