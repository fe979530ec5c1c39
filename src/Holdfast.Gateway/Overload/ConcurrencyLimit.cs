namespace Holdfast.Gateway.Overload;

/// <summary>
/// How many requests a service gets at once, found by trial: the fewest with which it still answers nearly as many a
/// second as with more. Beyond that, more at once only wait inside it. The limit moves only while requests wait for it, a
/// step after each span of time. It goes down while answers stay as frequent, and up again when they become fewer; now
/// and then it tries more, since the service may have grown. What waits by nature (long polling) answers the more
/// the more it gets, and so is not held back.
/// </summary>
/// <remarks>Not synchronised: the owner's lock guards it.</remarks>
internal sealed class ConcurrencyLimit(int least, int most, int start)
{
    private const double NearlyAsMany = 0.95;
    private const double DownBy = 0.85;
    private const double UpBy = 1.25;

    /// <summary>Old records fade, or a service that has become slower would be held to what it once did.</summary>
    private const double Fading = 0.98;
    private const int StepsBetweenTrials = 12;

    private double value = start;
    private double best;
    private double smoothed;
    private int steps;

    public int Value => (int)Math.Round(value);

    /// <summary>The answers a second that were seen of late while requests waited.</summary>
    public double Rate => smoothed;

    /// <summary>Takes note of a span of time in which requests waited for the limit.</summary>
    /// <param name="answersPerSecond">What the service answered, failures not counted.</param>
    public void Step(double answersPerSecond)
    {
        smoothed = smoothed == 0 ? answersPerSecond : (0.5 * smoothed) + (0.5 * answersPerSecond);
        best = Math.Max(best * Fading, smoothed);
        var isTrial = ++steps % StepsBetweenTrials == 0;
        value = Math.Clamp(value * (isTrial || smoothed < best * NearlyAsMany ? UpBy : DownBy), least, most);
    }

    /// <summary>Takes note of a span in which nothing waited: more is allowed than is asked for, and what was learnt fades.</summary>
    public void Idle() => best *= Fading;
}
