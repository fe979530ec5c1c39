namespace Holdfast.Tests.Embedded.Simulation;

/// <summary>A promise was broken.</summary>
internal sealed class SimulationFailure(string message) : Exception(message)
{
    /// <summary>Breaks off where something does not hold that must.</summary>
    public static void Unless(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new SimulationFailure(otherwise);
        }
    }
}
