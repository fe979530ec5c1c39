namespace Holdfast.Cli.Supervision;

/// <summary>What all instances of a topology share.</summary>
/// <param name="Folder">The folder that their commands run in.</param>
/// <param name="State">How they reach the state plane.</param>
/// <param name="Registry">Where gateways learn of them.</param>
/// <param name="Health">Asks whether they can serve.</param>
/// <param name="Departures">Has gateways let go of one.</param>
internal sealed record Surroundings(string Folder, StateAddress State, RegistryWriter Registry, HealthProbe Health, Departures Departures);
