namespace Holdfast.Tests.Embedded.Simulation;

/// <summary>A promise was broken in a simulation.</summary>
internal sealed class SimulationFailure(string what) : Exception(what);
