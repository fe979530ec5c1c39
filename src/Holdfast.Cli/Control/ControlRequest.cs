namespace Holdfast.Cli.Control;

/// <summary>What a command asks of the supervisor: one line of JSON.</summary>
/// <param name="Command">One of the names below.</param>
internal sealed record ControlRequest(string Command)
{
    public const string Status = "status";
    public const string Scale = "scale";
    public const string Roll = "roll";
    public const string Drain = "drain";
    public const string Reload = "reload";
    public const string Down = "down";

    /// <summary>The service to scale or roll, or <c>gateway</c>.</summary>
    public string? Service { get; init; }

    /// <summary>The instance or gateway to drain.</summary>
    public string? Instance { get; init; }

    /// <summary>How many instances the service is to have.</summary>
    public int Count { get; init; }

    /// <summary>For how many seconds a new instance is watched before an old one goes.</summary>
    public double WatchSeconds { get; init; }
}
