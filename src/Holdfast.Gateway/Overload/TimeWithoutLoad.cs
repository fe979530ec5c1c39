namespace Holdfast.Gateway.Overload;

/// <summary>
/// How long a service's answers take when there are few requests: the least mean of some answers, as many as are needed for a mean to tell
/// something. It goes up slowly, or a service that has become slower would be held to what it once took.
/// </summary>
/// <remarks>Not synchronised: the owner's lock guards it.</remarks>
internal sealed class TimeWithoutLoad
{
    private const double KeptByOne = 1 - (1.0 / 1000);
    private const int FewestAnswers = 10;
    private const int MostAnswers = 300;

    /// <summary>Means whose square error is a thirtieth of their square are good enough.</summary>
    private const double AnswersForSpread = 30;

    /// <summary>While few answers are known, the quick ones are among them, and those that take long are not.</summary>
    private const int AnswersForSpreadKnown = 100;
    private const double UnknownSpread = 4;
    private const double Downwards = 0.25;
    private const double Forgetting = 1.0003;
    private const double LargestStepUp = 1.03;

    private double count;
    private double sum;
    private double squares;
    private int batch;
    private double batchSeconds;
    private double batchInside;

    /// <summary>In seconds; null while it is not known.</summary>
    public double? Seconds { get; private set; }

    /// <summary>The variance of one answer's time over the square of its mean.</summary>
    private double Spread => count < AnswersForSpreadKnown ? UnknownSpread : Math.Max(0, (squares * count / (sum * sum)) - 1);

    public bool HasNews => batch >= Math.Clamp(AnswersForSpread * Spread, FewestAnswers, MostAnswers);

    public void Add(double inside, double seconds)
    {
        (count, sum, squares) = ((count * KeptByOne) + 1, (sum * KeptByOne) + seconds, (squares * KeptByOne) + (seconds * seconds));
        batch++;
        batchSeconds += seconds;
        batchInside += inside;
    }

    /// <summary>Learns from the answers since the last time.</summary>
    /// <param name="isFlat">Whether answers are known not to take less when there are fewer requests: then what they take is what they take without load.</param>
    /// <returns>How many times as long they took, that number's relative error, and how many requests there were.</returns>
    public (double Times, double Error, double Inside) Learn(bool isFlat)
    {
        var (mean, inside, error) = (batchSeconds / batch, batchInside / batch, Math.Sqrt(Spread / batch));
        (batch, batchSeconds, batchInside) = (0, 0, 0);
        Seconds = Seconds is not { } known ? mean

            // The least of many means is too little by their error.
            : mean * (1 + error) < known ? known + (((mean * (1 + error)) - known) * Downwards)
            : isFlat && mean > known ? Math.Min(mean, known * LargestStepUp)
            : known * Forgetting;
        return (mean / Seconds.Value, error, inside);
    }
}
