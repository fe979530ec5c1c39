namespace Holdfast.Cli.Status;

/// <summary>The way in, and the processes that share it.</summary>
/// <param name="Url">Where requests go.</param>
/// <param name="Pids">The processes, without those that wait for a restart.</param>
/// <param name="Processes">Each of them, and how it is.</param>
internal sealed record GatewayStatus(string Url, IReadOnlyList<int> Pids, IReadOnlyList<GatewayProcessStatus> Processes);
