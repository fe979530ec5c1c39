namespace Holdfast.Tests.Embedded.Simulation;

/// <summary>The process or the machine ends here: what called the disk never returns.</summary>
internal sealed class SimulatedCrash() : Exception("The simulation ends the process at this call.");
