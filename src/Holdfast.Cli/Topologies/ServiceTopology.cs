namespace Holdfast.Cli.Topologies;

/// <summary>One application and how many instances of it run.</summary>
internal sealed record ServiceTopology
{
    public const int DefaultReplicas = 1;
    public const int MaxReplicas = 64;
    public const string DefaultHealth = "/";

    /// <summary>Lower-case letters, digits and dashes; its instances are <c>name-1</c>, <c>name-2</c>, …</summary>
    public required string Name { get; init; }

    /// <summary>A shell command that runs once before the instances start.</summary>
    public string? Build { get; init; }

    public int BuildLine { get; init; }

    /// <summary>The shell command of an instance, which listens on <c>$PORT</c>.</summary>
    public string Run { get; init; } = "";

    public int RunLine { get; init; }

    public int Replicas { get; init; } = DefaultReplicas;

    /// <summary>The path that answers 2xx or 3xx once an instance can serve.</summary>
    public string Health { get; init; } = DefaultHealth;

    /// <summary>The file that says what a user does, by which the service is proved; null where it is not.</summary>
    public string? Scenario { get; init; }

    /// <summary>Path prefixes that the gateway sends here; none for a service that it does not serve.</summary>
    public IReadOnlyList<string> Routes { get; init; } = ["/"];

    /// <summary>How gateways are to treat the service, by the settings' names.</summary>
    public IReadOnlyDictionary<string, string> Gateway { get; init; } = new Dictionary<string, string>();

    /// <summary>Variables added to the environment of <see cref="Build"/> and <see cref="Run"/>.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The service as the registry tells it to gateways.</summary>
    public ServiceDeclaration Declare() => new(Name, Routes, Health) { Settings = Gateway };
}
