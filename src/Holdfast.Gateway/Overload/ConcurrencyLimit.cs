namespace Holdfast.Gateway.Overload;

/// <summary>
/// How many requests a service gets at once: about as many as it needs for doing all that it can, so that those beyond wait outside, where they
/// can be turned away, and those inside take little longer than without load. Two things tell how many that is.
/// </summary>
/// <remarks>
/// <para>(1) The slope: how the time of answers depends on how many there are. While requests wait, the limit is a fifth lower in every third span,
/// so that there is always something to compare, and it goes where the slope is <see cref="WantedSlope"/>. By this nothing has to be known of former times: what
/// waits by nature (long polling) takes as long however few there are, and so does what has become slower; neither is held back.</para>
/// <para>(2) The time without load, as in Netflix's concurrency-limits ("Gradient2") and TCP Vegas: answers that take about
/// as long let the limit grow fast, and when they take much longer it falls at once to what was really worked on, by Little's law. Both only as far as means can be told from noise.</para>
/// <para>Unless the slope is beyond doubt, it does not fall much below what the best throughput of late needs, by Little's law again, nor below what it answers within <see cref="NoticeableSeconds"/>. While nothing waits, it stays near to what is used: a
/// limit that was never needed is no limit when it is.</para>
/// <para>Not synchronised: the owner's lock guards it.</para>
/// </remarks>
internal sealed class ConcurrencyLimit(int instances, int start = ConcurrencyLimit.StartPerInstance)
{
    public const int LeastPerInstance = 4;
    public const int MostPerInstance = 4096;
    public const int StartPerInstance = 32;

    private const double WantedSlope = 0.65;
    private const double WantedVariance = 0.25;
    private const double FlatSlope = 0.4;
    private const double LowShare = 0.8;
    private const int LowEach = 3;
    private const double SlopeKept = 0.98;
    private const double Gain = 0.15;

    /// <summary>The variance with which a slope moves the limit by half.</summary>
    private const double HalfTrusted = 0.04;
    private const double MuchLonger = 1.8;
    private const double RoomAfterFall = 1.3;
    private const double LargestFall = 0.5;
    private const double AboutAsLong = 1.1;
    private const double Growth = 1.2;
    private const double NearlyFull = 0.8;

    /// <summary>The first answers are the quick ones: they are no mean.</summary>
    private const int SpansToBegin = 10;
    private const double RoomAboveUse = 1.3;
    private const double UseKept = 0.98;
    private const double BestKept = 0.998;

    /// <summary>The part of that which it keeps. The time without load may have been seen under load alone: then there is to be a way down from it.</summary>
    private const double NeededShare = 0.95;
    private const double NeededShareAtFirst = 0.75;

    /// <summary>Answers that take no longer than this are quick enough: fewer at once would be noticed by nobody, and cost the gateway more than the service saves.</summary>
    private const double NoticeableSeconds = 0.002;

    private readonly TimeWithoutLoad time = new();
    private Slope slope;
    private double value = start * instances;
    private double mostUsed;
    private double best;
    private int spans;
    private bool hasRested;
    private bool isShort;

    public int Value => Math.Max(LeastPerInstance * instances, (int)Math.Round(IsLow ? Math.Min(value * LowShare, value - 1) : value));

    /// <summary>How long an answer takes without load, in seconds; zero while it is not known.</summary>
    public double SecondsWithoutLoad => time.Seconds ?? 0;

    private bool IsLow => isShort && spans % LowEach == LowEach - 1;

    /// <summary>What is known of some instances is taken to hold for as many as there are now.</summary>
    public void Scale(int count)
    {
        var times = (double)count / instances;
        instances = count;
        slope.Scale(times);
        value *= times;
        mostUsed *= times;
        best *= times;
    }

    /// <summary>Takes note of an answer.</summary>
    /// <param name="inside">How many requests there were between its being let in and its end, that one included.</param>
    /// <param name="took">How long it took.</param>
    public void Add(double inside, TimeSpan took)
    {
        var seconds = Math.Max(took.TotalSeconds, 1e-6);
        slope.Add(inside, seconds);
        time.Add(inside, seconds);
        mostUsed = Math.Max(mostUsed, inside);
    }

    /// <summary>Takes note of the end of a span.</summary>
    /// <param name="wasShort">Whether requests waited for the limit.</param>
    /// <param name="answersPerSecond">What the service answers of late, failures not counted.</param>
    public void Step(bool wasShort, double answersPerSecond)
    {
        spans++;
        isShort = wasShort;
        slope.Forget(SlopeKept);
        var (known, variance) = slope.Given(WantedSlope, WantedVariance);
        var doubt = 2 * Math.Sqrt(variance);
        hasRested |= !wasShort && spans >= SpansToBegin;
        if (spans >= SpansToBegin && time.HasNews)
        {
            Judge(isFlat: known + doubt < FlatSlope, mayGrow: wasShort && known <= WantedSlope);
        }

        value *= Math.Exp(Gain / (1 + (variance / HalfTrusted)) * (WantedSlope - Math.Clamp(known, 0, 1)));
        best = Math.Max(best * BestKept, answersPerSecond);
        var needed = known - doubt > WantedSlope ? 0 : SecondsWithoutLoad * (hasRested ? NeededShare : NeededShareAtFirst);
        var (low, high) = wasShort
            ? (best * Math.Max(needed, NoticeableSeconds), MostPerInstance * instances)
            : (mostUsed, Math.Max(StartPerInstance * instances, mostUsed * RoomAboveUse));
        value = Math.Clamp(Math.Clamp(value, low, Math.Max(low, high)), LeastPerInstance * instances, MostPerInstance * instances);
        mostUsed *= UseKept;
    }

    private void Judge(bool isFlat, bool mayGrow)
    {
        var (times, error, inside) = time.Learn(isFlat);
        if (times > MuchLonger + (4 * error) && !isFlat)
        {
            value = Math.Max(value * LargestFall, Math.Min(value, (RoomAfterFall + (2 * error)) * inside / times));
        }
        else if (mayGrow && (isFlat || times < AboutAsLong) && inside > value * NearlyFull)
        {
            value *= Growth;
        }
    }
}
