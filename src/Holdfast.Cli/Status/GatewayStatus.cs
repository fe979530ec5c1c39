namespace Holdfast.Cli.Status;

/// <summary>The way in, and the processes that share it.</summary>
internal sealed record GatewayStatus(string Url, IReadOnlyList<int> Pids);
