using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Scaling;

/// <summary>
/// Decides how many instances a service is to have, by what each was measured to bear. Each measurement says how many
/// would bring the service to its target: count × value ÷ target. <b>Up quickly:</b> when the median of the last
/// <see cref="UpWindow"/> asks for more, at most twice as many at once, and <see cref="UpPause"/> after the last change, so that
/// the new ones have taken their part. <b>Down slowly:</b> one at a time, when not one measurement of the last
/// <see cref="DownWindow"/> asked for as many as there are, and <see cref="DownPause"/> after the last change. What lies within
/// <see cref="Tolerance"/> of the target asks for nothing. So a load that comes and goes within a minute keeps its instances.
/// </summary>
internal sealed class Autoscaler(ScalingTopology scaling)
{
    public static readonly TimeSpan UpWindow = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan UpPause = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan DownWindow = TimeSpan.FromSeconds(60);
    public static readonly TimeSpan DownPause = TimeSpan.FromSeconds(15);

    /// <summary>How long nothing is tried after new instances did not come up.</summary>
    public static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(60);

    public const double Tolerance = 0.1;

    /// <summary>How far one measurement may go beyond what there is. A latency of ten times the target does not mean that ten times as many would help.</summary>
    public const double MostTimes = 2;

    private readonly Queue<(TimeSpan At, double Need)> measurements = new();
    private TimeSpan quietUntil = TimeSpan.MinValue;
    private TimeSpan downFrom = TimeSpan.MinValue;

    /// <summary>How many instances there are to be.</summary>
    /// <param name="at">The moment, on any clock that does not go back.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="value">What was measured since the last decision; null when nothing could be.</param>
    public int Decide(TimeSpan at, int count, double? value)
    {
        if (count < scaling.Min || count > scaling.Max)
        {
            return at < quietUntil ? count : Change(at, Math.Clamp(count, scaling.Min, scaling.Max));
        }

        if (value is null)
        {
            return count;
        }

        var ratio = Math.Min(value.Value / scaling.Target, MostTimes);
        measurements.Enqueue((at, Math.Abs(ratio - 1) <= Tolerance ? count : count * ratio));
        while (at - measurements.Peek().At > DownWindow)
        {
            measurements.Dequeue();
        }

        double[] recent = [.. measurements.Where(measurement => at - measurement.At < UpWindow).Select(static measurement => measurement.Need).Order()];
        var typical = recent[(recent.Length - 1) / 2];
        if (Whole(typical) > count)
        {
            return at >= quietUntil && IsOld(at, UpWindow) ? Change(at, Math.Min(Whole(typical), scaling.Max)) : count;
        }

        var most = Whole(measurements.Max(static measurement => measurement.Need));
        return most < count && count > scaling.Min && at >= downFrom && IsOld(at, DownWindow) ? Change(at, count - 1) : count;
    }

    /// <summary>The change that was decided last could not be made.</summary>
    public void Failed(TimeSpan at) => quietUntil = at + FailurePause;

    // A load of 2.0000001 instances is one for two.
    private static int Whole(double need) => (int)Math.Ceiling(need - 1e-6);

    /// <summary>Whether there are measurements over the whole window.</summary>
    private bool IsOld(TimeSpan at, TimeSpan window) => at - measurements.Peek().At >= window - TimeSpan.FromSeconds(1.5);

    private int Change(TimeSpan at, int count)
    {
        (quietUntil, downFrom) = (at + UpPause, at + DownPause);
        return count;
    }
}
