namespace Holdfast.Cli.Status;

/// <summary>An instance: the process that listens on its port, and its state in lower case. No pid and no url while it waits for a restart.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Pid">The process that listens.</param>
/// <param name="Url">Where it listens.</param>
/// <param name="State">How it is.</param>
/// <param name="Restarts">How often it ended by itself, and was started again.</param>
/// <param name="Problem">What somebody should look after, and what helps; null while all is well.</param>
internal sealed record InstanceStatus(string Id, int? Pid, string? Url, InstanceState State, int Restarts, string? Problem);
