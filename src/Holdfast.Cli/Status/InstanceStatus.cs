namespace Holdfast.Cli.Status;

/// <summary>An instance: the process that listens on its port, and its state in lower case. No pid and no url while it waits for a restart.</summary>
internal sealed record InstanceStatus(string Id, int? Pid, string? Url, InstanceState State);
