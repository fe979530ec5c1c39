namespace Holdfast.Cli.Topologies;

/// <summary>One application and how many instances of it run.</summary>
internal sealed record ServiceTopology
{
    public const int DefaultReplicas = 1;
    public const int MaxReplicas = 64;
    public const string DefaultHealth = "/";

    public static readonly TimeSpan DefaultDrain = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan MaxDrain = TimeSpan.FromHours(1);

    /// <summary>Lower-case letters, digits and dashes; its instances are <c>name-1</c>, <c>name-2</c>, …</summary>
    public required string Name { get; init; }

    /// <summary>A shell command that runs once before the instances start, and before they are replaced.</summary>
    public string? Build { get; init; }

    public int BuildLine { get; init; }

    /// <summary>The shell command of an instance, which listens on <c>$PORT</c>.</summary>
    public string Run { get; init; } = "";

    public int RunLine { get; init; }

    /// <summary>Instances at start.</summary>
    public int Replicas { get; init; } = DefaultReplicas;

    /// <summary>How the service scales itself; null when it doesn't.</summary>
    public ScalingTopology? Scaling { get; init; }

    /// <summary>The path that answers 2xx or 3xx once an instance can serve.</summary>
    public string Health { get; init; } = DefaultHealth;

    /// <summary>How long an instance that leaves may take to finish its requests, before it is told to end.</summary>
    public TimeSpan Drain { get; init; } = DefaultDrain;

    /// <summary>The file that says what a user does, by which the service is proved; null where it is not.</summary>
    public string? Scenario { get; init; }

    /// <summary>Path prefixes that the gateway sends here; none for a service that it does not serve.</summary>
    public IReadOnlyList<string> Routes { get; init; } = ["/"];

    /// <summary>How gateways are to treat the service, by the settings' names.</summary>
    public IReadOnlyDictionary<string, string> Gateway { get; init; } = new Dictionary<string, string>();

    /// <summary>The services that must be ready before this one starts.</summary>
    public IReadOnlyList<string> Needs { get; init; } = [];

    public int NeedsLine { get; init; }

    /// <summary>What an instance may take of the machine.</summary>
    public ResourceLimits Limits { get; init; } = ResourceLimits.None;

    /// <summary>Variables of <see cref="Run"/> that are shown nowhere.</summary>
    public IReadOnlyDictionary<string, string> Secrets { get; init; } = new Dictionary<string, string>();

    /// <summary>Variables added to the environment of <see cref="Build"/> and <see cref="Run"/>.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The service as the registry tells it to gateways.</summary>
    public ServiceDeclaration Declare() => new(Name, Routes, Health) { Settings = Gateway };

    /// <summary>This service, with its instances built and started as the other description says.</summary>
    public ServiceTopology StartedAs(ServiceTopology other) => this with
    {
        Build = other.Build,
        Run = other.Run,
        Environment = other.Environment,
        Secrets = other.Secrets,
        Limits = other.Limits,
        Drain = other.Drain,
    };

    /// <summary>This service, with the other description's routes and settings for gateways.</summary>
    public ServiceTopology ServedAs(ServiceTopology other) => this with { Routes = other.Routes, Gateway = other.Gateway };

    /// <summary>Whether an instance is started by both in the same way.</summary>
    public bool StartsLike(ServiceTopology other) =>
        Run == other.Run && Limits.AreLike(other.Limits) && AreSame(Environment, other.Environment) && AreSame(Secrets, other.Secrets);

    /// <summary>Whether gateways are to treat both in the same way.</summary>
    public bool IsServedLike(ServiceTopology other) =>
        Health == other.Health && Routes.Order(StringComparer.Ordinal).SequenceEqual(other.Routes.Order(StringComparer.Ordinal)) && AreSame(Gateway, other.Gateway);

    private static bool AreSame(IReadOnlyDictionary<string, string> one, IReadOnlyDictionary<string, string> other) =>
        one.Count == other.Count && one.All(pair => other.TryGetValue(pair.Key, out var value) && value == pair.Value);
}
