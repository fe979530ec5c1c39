namespace Holdfast.Gateway.Overload;

/// <summary>
/// How the time of a service's answers depends on how many requests it has: the slope of the one's logarithm over the other's, by least squares. It is
/// zero where more at once take no longer, and one where more at once get no more done. What was long ago is forgotten.
/// </summary>
/// <remarks>Not synchronised: the owner's lock guards it.</remarks>
internal struct Slope
{
    private const double KeptByOne = 1 - (1.0 / 500);

    /// <summary>Answers that take exactly as long as each other tell much, but not everything.</summary>
    private const double LeastNoise = 1e-4;
    private double count;
    private double meanX;
    private double meanY;
    private double xx;
    private double xy;
    private double yy;

    private readonly double Noise => count < 3 ? 1 : Math.Max(LeastNoise, (yy - (xx > 0 ? xy * xy / xx : 0)) / count);

    public void Add(double inside, double seconds)
    {
        Forget(KeptByOne);
        count++;
        var (x, y) = (Math.Log(inside), Math.Log(seconds));
        var (dx, dy) = (x - meanX, y - meanY);
        meanX += dx / count;
        meanY += dy / count;
        xx += dx * (x - meanX);
        xy += dx * (y - meanY);
        yy += dy * (y - meanY);
    }

    /// <summary>All numbers of requests are now taken for so many times as many.</summary>
    public void Scale(double times) => meanX += Math.Log(times);

    public void Forget(double kept)
    {
        count *= kept;
        xx *= kept;
        xy *= kept;
        yy *= kept;
    }

    /// <summary>The slope and its variance, when before any answer it was expected to be about so much.</summary>
    public readonly (double Value, double Variance) Given(double expected, double variance)
    {
        var (seen, prior) = (xx / Noise, 1 / variance);
        var slope = xx > 0 ? xy / xx : expected;
        return (((slope * seen) + (expected * prior)) / (seen + prior), 1 / (seen + prior));
    }
}
