namespace Holdfast.Cli.Prove.Instances;

/// <summary>What is proved: how a copy of it is started.</summary>
internal sealed record Application
{
    public const string DefaultHealth = "/";

    public static readonly TimeSpan DefaultReadyTimeout = TimeSpan.FromSeconds(60);

    /// <summary>The shell command of one copy, which listens on <c>$PORT</c>.</summary>
    public required string Run { get; init; }

    /// <summary>The folder that each copy gets a copy of, as an absolute path.</summary>
    public required string Folder { get; init; }

    /// <summary>Variables added to the environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The path that answers below 500 once a copy can serve.</summary>
    public string Health { get; init; } = DefaultHealth;

    /// <summary>Whether all copies work in the folder itself, with one home and one temporary folder.</summary>
    public bool SharesFolder { get; init; }

    /// <summary>The application with further variables, which go over its own.</summary>
    public Application With(IReadOnlyDictionary<string, string> variables) =>
        this with { Environment = Environment.Concat(variables).GroupBy(static pair => pair.Key).ToDictionary(static pairs => pairs.Key, static pairs => pairs.Last().Value) };

    /// <summary>How long a copy may take to become ready.</summary>
    public TimeSpan ReadyTimeout { get; init; } = DefaultReadyTimeout;
}
