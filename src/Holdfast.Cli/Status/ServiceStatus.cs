namespace Holdfast.Cli.Status;

/// <summary>A service.</summary>
internal sealed record ServiceStatus(string Name, IReadOnlyList<InstanceStatus> Instances);
