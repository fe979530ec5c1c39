using Holdfast.Gateway.Balancing;

namespace Holdfast.Gateway.Services;

/// <summary>How the gateway treats one service, as its registration says.</summary>
internal sealed record ServiceSettings
{
    public static readonly ServiceSettings Default = new();

    /// <summary>How instances are chosen.</summary>
    public BalanceKind Balance { get; init; } = BalanceKind.RoundRobin;

    /// <summary>The header, or the cookie, whose value a consistent choice goes by.</summary>
    public string HashBy { get; init; } = "";

    /// <summary>Whether <see cref="HashBy"/> names a cookie.</summary>
    public bool HashesCookie { get; init; }

    /// <summary>Weights by instance, which count instead of those of the registrations.</summary>
    public IReadOnlyDictionary<string, int> Weights { get; init; } = new Dictionary<string, int>();

    /// <summary>Over how long an instance that has become ready comes to its whole share; zero for at once.</summary>
    public TimeSpan SlowStart { get; init; }

    /// <summary>Path prefixes under which a client keeps its instance for as long as that is there.</summary>
    public IReadOnlyList<string> Sticky { get; init; } = [];

    /// <summary>The longest time without a byte in either direction.</summary>
    public TimeSpan Timeout { get; init; } = GatewayLimits.ActivityTimeout;

    /// <summary>The longest time that a request may take until its answer begins, repetitions included; null for no limit but <see cref="Timeout"/>.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>Requests in flight for each instance; null for a limit that adapts itself, zero for none.</summary>
    public int? Concurrency { get; init; }

    /// <summary>Requests that wait for their turn at most.</summary>
    public int Queue { get; init; } = GatewayLimits.MaxQueue;

    /// <summary>Whether instances that fail requests are left alone for a while.</summary>
    public bool Ejects { get; init; } = true;

    /// <summary>Whether requests of a route are turned away while nothing answers them.</summary>
    public bool Breaks { get; init; } = true;

    /// <summary>The part of a route's requests, errors of 500 and more among them, whose failure is enough for that; null when none must have been answered.</summary>
    public double? BreakerShare { get; init; }
}
