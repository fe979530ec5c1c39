namespace Holdfast.Cli.Status;

/// <summary>One of the processes that share the way in, and its state in lower case. No pid while it waits for a restart.</summary>
internal sealed record GatewayProcessStatus(string Id, int? Pid, InstanceState State);
