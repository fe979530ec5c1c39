namespace Holdfast.Cli.Status;

/// <summary>The state plane: its URL without credentials, and the node's process if the supervisor runs it.</summary>
internal sealed record StateStatus(string? Url, int? Pid);
