namespace Holdfast.Cli.Status;

/// <summary>A service.</summary>
/// <param name="Name">Its name.</param>
/// <param name="OpenBreakers">Its routes whose requests a gateway turns away because nothing answers them; of those that tell within <see cref="Readings.GatewayReader.Timeout"/>.</param>
/// <param name="Instances">Its instances.</param>
internal sealed record ServiceStatus(string Name, IReadOnlyList<string> OpenBreakers, IReadOnlyList<InstanceStatus> Instances);
