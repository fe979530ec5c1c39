using System.Globalization;

namespace Holdfast.Cli.Topologies;

/// <summary>Within which bounds a service scales itself, and to what end.</summary>
/// <param name="Min">The fewest instances, and those at start.</param>
/// <param name="Max">The most.</param>
/// <param name="Measure">What is measured.</param>
/// <param name="Target">What it is to be.</param>
internal sealed record ScalingTopology(int Min, int Max, ScalingMeasure Measure, double Target)
{
    /// <summary>A measured value, for people.</summary>
    public string Text(double value) => Measure switch
    {
        ScalingMeasure.Cpu => string.Create(CultureInfo.InvariantCulture, $"{value * 100:0} % of its processors for each instance"),
        ScalingMeasure.RequestsPerInstance => string.Create(CultureInfo.InvariantCulture, $"{value:0.#} requests/s for each instance"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value * 1000:0} ms for 95 of 100 requests"),
    };
}
