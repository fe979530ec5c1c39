namespace Holdfast.Gateway.Tests.Overload.Simulation;

/// <summary>What came of the requests of some span of time.</summary>
internal sealed class SimulatedOutcome(List<SimulatedRequest> all, int first, double from, double until)
{
    private readonly double[] times = [.. all.Skip(first).Where(static one => one.IsAnswered).Select(static one => one.Took).Order()];

    public int Count { get; } = all.Count - first;

    public int Refused { get; } = all.Skip(first).Count(static one => one.IsRefused);

    /// <summary>Answers a second within the span, whenever they were asked for.</summary>
    public double Goodput { get; } = all.Count(one => one.AnsweredAt >= from && one.AnsweredAt < until) / (until - from);

    public double RefusedShare => (double)Refused / Math.Max(1, Count);

    /// <summary>How long those who were answered took, so that this share took no longer.</summary>
    public double Quantile(double share) => times.Length == 0 ? double.PositiveInfinity : times[Math.Min(times.Length - 1, (int)(times.Length * share))];

    public double P99 => Quantile(0.99);
}
