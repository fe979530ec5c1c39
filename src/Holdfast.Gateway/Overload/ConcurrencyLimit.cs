namespace Holdfast.Gateway.Overload;

/// <summary>
/// How many requests a service gets at once, found by how long they take: as many as it does without their taking half
/// as long again as when there are few (after Netflix's concurrency-limits, "Gradient2"). The limit moves only while
/// requests wait for it. Now and then it is a quarter for half a second, to see how long requests take when there are
/// few. It does not go down when answers become fewer by it: what waits by nature (long polling) takes as long however
/// few there are, and what has become slower takes longer however few there are.
/// </summary>
/// <remarks>Not synchronised: the owner's lock guards it.</remarks>
internal sealed class ConcurrencyLimit(int least, int most, int start)
{
    private const double Tolerance = 1.5;
    private const double LargestStepDown = 0.5;
    private const double LargestStepUp = 1.5;
    private const double FewerAnswers = 0.8;

    /// <summary>The shortest time is forgotten slowly, or a service that has become slower would be held to what it once took.</summary>
    private const double Forgetting = 1.002;
    private const double Fading = 0.9;
    private const int StepsBetweenTrials = 16;
    private const int TrialSteps = 2;
    private const double TrialShare = 0.25;

    private double value = start;
    private double best;
    private TimeSpan? shortest;
    private int steps;

    public int Value => Math.Max(least, (int)Math.Round(IsTrial ? value * TrialShare : value));

    private bool IsTrial => steps % StepsBetweenTrials >= StepsBetweenTrials - TrialSteps;

    /// <summary>Takes note of a span of time in which requests waited for the limit.</summary>
    /// <param name="answersPerSecond">What the service answered, failures not counted.</param>
    /// <param name="mean">How long a request took, from its being let in.</param>
    public void Step(double answersPerSecond, TimeSpan mean)
    {
        Learn(mean);
        if (!IsTrial)
        {
            best = Math.Max(best * Fading, answersPerSecond);
            var change = Math.Clamp(Tolerance * (shortest!.Value / mean), LargestStepDown, LargestStepUp);
            if (change < 1 && answersPerSecond < best * FewerAnswers)
            {
                change = LargestStepUp;
            }

            // The root leaves room to find out whether more would do.
            value = Math.Clamp((value * change) + (Math.Sqrt(value) / 2), least, most);
        }

        steps++;
    }

    /// <summary>Takes note of a span in which nothing waited: more is allowed than is asked for.</summary>
    public void Learn(TimeSpan mean) => shortest = shortest is { } known && known * Forgetting < mean ? known * Forgetting : mean;
}
