namespace Holdfast.Cli.Status;

/// <summary>What <c>status --json</c> prints: a contract for scripts, to which keys may be added.</summary>
internal sealed record TopologyStatus(GatewayStatus Gateway, StateStatus State, IReadOnlyList<ServiceStatus> Services);
